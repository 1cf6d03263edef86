"""What the audit says of the address book's events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Tell

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
