"""What sockets are told of the address book's events, and what the audit says of them."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.contacts import merging, opting, records, routing
from plixa.actors.contacts.state import AboutContact
from plixa.actors.feature import Data, Show, Tell
from plixa.engine.events import Event, Recorded


def _contact(event: AboutContact, _: Recorded) -> Data | None:
    """Which one has changed. What of it somebody may see depends on who they are: it is fetched."""
    if isinstance(event, records.ContactAdded) and event.origin == "message":
        return None  # the conversation that it begins is told
    return {"contact": {"id": event.contact_id, "deleted": isinstance(event, records.ContactErased)}}


SHOWS: Mapping[type[Event], Show] = dict.fromkeys(
    (
        records.ContactAdded,
        records.ContactChanged,
        records.ContactLabelled,
        records.ContactUnlabelled,
        records.ContactValued,
        records.ContactErased,
        merging.ContactMerged,
        merging.ContactUnmerged,
        opting.ContactOpted,
        routing.ContactIdentified,
    ),
    _contact,
)

TELLS: Mapping[str, Tell] = {
    "contact.added": "added a contact",
    "contact.changed": lambda e: (
        f"changed a contact ({', '.join(name.replace('_', ' ') for name in e.fields) or 'details'})"
    ),
    "contact.erased": "erased a contact",
    "contact.labelled": "labelled a contact",
    "contact.merged": "merged two contacts",
    "contact.unlabelled": "took a label off a contact",
    "contact.unmerged": "took a merge of contacts back",
    "contact.valued": "filled in custom fields of a contact",
    "merge.decided": "merged two conversations",
    "import.started": lambda e: f"started an import of {e.total} contacts",
}
