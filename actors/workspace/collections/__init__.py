"""The workspace's lists, a file each. A new one is a file here and a field of `Workspace`."""

from __future__ import annotations

from typing import Any

from plixa.actors.ai.faqs import FAQS
from plixa.actors.assignment.rules import ASSIGNMENT_RULES
from plixa.actors.assignment.sectors import SECTORS
from plixa.actors.contacts.custom_fields import CUSTOM_FIELDS
from plixa.actors.contacts.labels import LABELS
from plixa.actors.conversation.saved_replies import SAVED_REPLIES
from plixa.actors.conversation.views import VIEWS
from plixa.actors.hours.closures import CLOSURES
from plixa.actors.workspace.declarations import Collection

COLLECTIONS: dict[str, Collection[Any]] = {
    each.name: each for each in (LABELS, SECTORS, SAVED_REPLIES, CUSTOM_FIELDS, ASSIGNMENT_RULES, FAQS, VIEWS, CLOSURES)
}
