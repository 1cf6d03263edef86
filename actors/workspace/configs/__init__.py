"""The workspace's single values, a file each. A new one is a file here and a field of `Workspace`."""

from __future__ import annotations

from typing import Any

from plixa.actors.workspace.configs.ai import AI
from plixa.actors.workspace.configs.business_hours import BUSINESS_HOURS
from plixa.actors.workspace.configs.csat import CSAT
from plixa.actors.workspace.configs.digest import DIGEST
from plixa.actors.workspace.configs.holidays import HOLIDAYS
from plixa.actors.workspace.configs.inbox import INBOX
from plixa.actors.workspace.configs.regional import REGIONAL
from plixa.actors.workspace.configs.security import SECURITY
from plixa.actors.workspace.configs.sla import SLA
from plixa.actors.workspace.configs.welcome import WELCOME
from plixa.actors.workspace.declarations import Config

CONFIGS: dict[str, Config[Any]] = {
    each.name: each for each in (WELCOME, SLA, BUSINESS_HOURS, CSAT, DIGEST, SECURITY, REGIONAL, AI, INBOX, HOLIDAYS)
}
