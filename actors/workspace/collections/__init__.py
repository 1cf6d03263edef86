"""The workspace's lists, a file each. A new one is a file here and a field of `Workspace`."""

from __future__ import annotations

from typing import Any

from plixa.actors.workspace.collections.assignment_rules import ASSIGNMENT_RULES
from plixa.actors.workspace.collections.closures import CLOSURES
from plixa.actors.workspace.collections.custom_fields import CUSTOM_FIELDS
from plixa.actors.workspace.collections.faqs import FAQS
from plixa.actors.workspace.collections.labels import LABELS
from plixa.actors.workspace.collections.saved_replies import SAVED_REPLIES
from plixa.actors.workspace.collections.sectors import SECTORS
from plixa.actors.workspace.collections.views import VIEWS
from plixa.actors.workspace.declarations import Collection

COLLECTIONS: dict[str, Collection[Any]] = {
    each.name: each for each in (LABELS, SECTORS, SAVED_REPLIES, CUSTOM_FIELDS, ASSIGNMENT_RULES, FAQS, VIEWS, CLOSURES)
}
