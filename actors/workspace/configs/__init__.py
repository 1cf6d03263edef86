"""The workspace's single values, a file each. A new one is a file here and a field of `Workspace`."""

from __future__ import annotations

from typing import Any

from plixa.actors.ai.config import AI
from plixa.actors.conversation.configs.csat import CSAT
from plixa.actors.conversation.configs.inbox import INBOX
from plixa.actors.conversation.configs.sla import SLA
from plixa.actors.conversation.configs.welcome import WELCOME
from plixa.actors.hours.business_hours import BUSINESS_HOURS
from plixa.actors.hours.holiday_config import HOLIDAYS
from plixa.actors.notifications.digest_config import DIGEST
from plixa.actors.people.security import SECURITY
from plixa.actors.workspace.declarations import Config
from plixa.actors.workspace.regional import REGIONAL

CONFIGS: dict[str, Config[Any]] = {
    each.name: each for each in (WELCOME, SLA, BUSINESS_HOURS, CSAT, DIGEST, SECURITY, REGIONAL, AI, INBOX, HOLIDAYS)
}
