"""What sockets are told of the address book's events, and what the audit says of them."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.contacts import merging, opting, records, routing
from plixa.actors.contacts.state import AboutContact
from plixa.actors.feature import Data, Show, Tell
from plixa.actors.sayings import Told, told
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

DETAILS = Told("details", "dados", "datos")
FIELDS: Mapping[str, Told] = {"name": Told("name", "nome", "nombre"), "notes": Told("notes", "notas", "notas")}

TELLS: Mapping[str, Tell] = {
    "contact.added": Told("added a contact", "adicionou um contato", "añadió un contacto"),
    "contact.changed": lambda e: told(
        "changed a contact ({what})",
        "alterou um contato ({what})",
        "cambió un contacto ({what})",
        what=[FIELDS[each] for each in e.fields if each in FIELDS] or DETAILS,
    ),
    "contact.erased": Told("erased a contact", "apagou um contato", "borró un contacto"),
    "contact.labelled": Told("labelled a contact", "etiquetou um contato", "etiquetó un contacto"),
    "contact.merged": Told("merged two contacts", "juntou dois contatos", "unió dos contactos"),
    "contact.opted": lambda e: (
        Told(
            "let broadcasts reach a contact again",
            "voltou a permitir transmissões a um contato",
            "volvió a permitir difusiones a un contacto",
        )
        if e.opted_out_at is None
        else Told(
            "took a contact off all broadcasts",
            "tirou um contato de todas as transmissões",
            "quitó un contacto de todas las difusiones",
        )
    ),
    "contact.unlabelled": Told(
        "took a label off a contact", "tirou uma etiqueta de um contato", "quitó una etiqueta de un contacto"
    ),
    "contact.unmerged": Told(
        "took a merge of contacts back", "desfez a junção de contatos", "deshizo la unión de contactos"
    ),
    "contact.valued": Told(
        "filled in custom fields of a contact",
        "preencheu campos personalizados de um contato",
        "completó campos personalizados de un contacto",
    ),
    "merge.decided": Told("merged two conversations", "juntou duas conversas", "unió dos conversaciones"),
    "import.started": lambda e: told(
        "started an import of {n} contacts",
        "iniciou uma importação de {n} contatos",
        "inició una importación de {n} contactos",
        n=e.total,
    ),
}
