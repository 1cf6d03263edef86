"""What sockets and the audit are told of the workspace's own events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Data, Show, Tell
from plixa.actors.sayings import Told, told
from plixa.actors.workspace.events import MemberChanged, MemberJoined, NumberAdded, NumberRemoved
from plixa.actors.workspace.told_words import ROLES, called
from plixa.engine.events import Event, Recorded


def _member(event: MemberJoined | MemberChanged, _: Recorded) -> Data:
    return {"user": {"id": event.user_id, "name": event.name}}


def _number_added(event: NumberAdded, _: Recorded) -> Data:
    return {"phone_instance": {"id": event.number_id, "status": "pending_qr", "name": event.name}}


def _number_removed(event: NumberRemoved, _: Recorded) -> Data:
    return {"phone_instance": {"id": event.number_id, "deleted": True}}


SHOWS: Mapping[type[Event], Show] = {
    MemberJoined: _member,
    MemberChanged: _member,
    NumberAdded: _number_added,
    NumberRemoved: _number_removed,
}

TELLS: Mapping[str, Tell] = {
    "config.changed": lambda e: told(
        "changed the {what} settings",
        "alterou as configurações: {what}",
        "cambió la configuración: {what}",
        what=called(e.config),
    ),
    "deletion.cancelled": Told(
        "called off the deletion of the workspace",
        "cancelou a exclusão da empresa",
        "canceló la eliminación de la empresa",
    ),
    "deletion.scheduled": lambda e: told(
        "scheduled the deletion of the workspace for {day:%Y-%m-%d}",
        "marcou a exclusão da empresa para {day:%d/%m/%Y}",
        "programó la eliminación de la empresa para el {day:%d/%m/%Y}",
        day=e.due,
    ),
    "logo.changed": lambda e: (
        Told("removed the logo", "removeu o logotipo", "quitó el logotipo")
        if e.key is None
        else Told("changed the logo", "mudou o logotipo", "cambió el logotipo")
    ),
    "member.changed": Told(
        "changed their own name or language", "mudou o próprio nome ou idioma", "cambió su propio nombre o idioma"
    ),
    "member.joined": lambda e: told(
        "joined the workspace as {role}",
        "entrou na empresa como {role}",
        "se unió a la empresa como {role}",
        role=ROLES[e.role],
    ),
    "number.added": Told("added a WhatsApp number", "adicionou um número de WhatsApp", "añadió un número de WhatsApp"),
    "number.removed": Told("removed a WhatsApp number", "removeu um número de WhatsApp", "quitó un número de WhatsApp"),
    "onboarding.dismissed": Told(
        "dismissed the getting-started list", "fechou a lista dos primeiros passos", "cerró la lista de primeros pasos"
    ),
    "setting.changed": lambda e: told(
        "changed an entry of the {what}",
        "alterou um item da lista: {what}",
        "cambió un elemento de la lista: {what}",
        what=called(e.collection),
    ),
    "setting.created": lambda e: told(
        "added an entry to the {what}",
        "adicionou um item à lista: {what}",
        "añadió un elemento a la lista: {what}",
        what=called(e.collection),
    ),
    "setting.removed": lambda e: told(
        "removed an entry from the {what}",
        "removeu um item da lista: {what}",
        "quitó un elemento de la lista: {what}",
        what=called(e.collection),
    ),
    "setting.reordered": lambda e: told(
        "put the {what} in another order",
        "mudou a ordem da lista: {what}",
        "cambió el orden de la lista: {what}",
        what=called(e.collection),
    ),
    "workspace.founded": Told("founded the workspace", "criou a empresa", "creó la empresa"),
}
