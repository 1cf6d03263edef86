"""What the address book, labels and custom fields bring to the actors."""

from __future__ import annotations

from plixa.actors.contacts import told
from plixa.actors.contacts.actor import CONTACTS
from plixa.actors.contacts.custom_fields import CUSTOM_FIELDS
from plixa.actors.contacts.labels import LABELS
from plixa.actors.feature import Logic

LOGIC = Logic(kinds=(CONTACTS,), collections=(LABELS, CUSTOM_FIELDS), shows=told.SHOWS, tells=told.TELLS)
