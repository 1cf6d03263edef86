"""The small resources that have routes and that sockets hear of: what the features' `LOGIC` declares.

A test holds this list to those; it goes when the routes come from the features' edges.
"""

from __future__ import annotations

from typing import Any

from plixa.actors.ai.config import AI
from plixa.actors.ai.faqs import FAQS
from plixa.actors.assignment.rules import ASSIGNMENT_RULES
from plixa.actors.assignment.sectors import SECTORS
from plixa.actors.contacts.custom_fields import CUSTOM_FIELDS
from plixa.actors.contacts.labels import LABELS
from plixa.actors.conversation.configs.csat import CSAT
from plixa.actors.conversation.configs.inbox import INBOX
from plixa.actors.conversation.configs.sla import SLA
from plixa.actors.conversation.configs.welcome import WELCOME
from plixa.actors.conversation.saved_replies import SAVED_REPLIES
from plixa.actors.conversation.views import VIEWS
from plixa.actors.hours.business_hours import BUSINESS_HOURS
from plixa.actors.hours.holiday_config import CLOSURES, HOLIDAYS
from plixa.actors.notifications.digest_config import DIGEST
from plixa.actors.people.security import SECURITY
from plixa.actors.scheduling.catalogue import BASE_SCHEDULE, BOOKING, CALENDAR_FILTERS, REMINDERS, RESOURCES, SERVICES
from plixa.actors.workspace.declarations import Collection, Config
from plixa.actors.workspace.regional import REGIONAL

COLLECTIONS: dict[str, Collection[Any]] = {
    each.name: each
    for each in (
        LABELS,
        SECTORS,
        SAVED_REPLIES,
        CUSTOM_FIELDS,
        ASSIGNMENT_RULES,
        FAQS,
        VIEWS,
        CLOSURES,
        SERVICES,
        RESOURCES,
        CALENDAR_FILTERS,
    )
}
CONFIGS: dict[str, Config[Any]] = {
    each.name: each
    for each in (
        WELCOME,
        SLA,
        BUSINESS_HOURS,
        CSAT,
        DIGEST,
        SECURITY,
        REGIONAL,
        AI,
        INBOX,
        HOLIDAYS,
        BASE_SCHEDULE,
        REMINDERS,
        BOOKING,
    )
}
