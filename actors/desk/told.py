"""What is told of tickets: to whoever opened one, to staff, and in the audit of the workspace. Of notes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from plixa.actors.desk import shared, ticket
from plixa.actors.feature import Data, Show, Tell
from plixa.actors.sayings import Told, told
from plixa.engine.events import Event, Recorded
from plixa.engine.ports import address_of


def _opened(event: ticket.TicketOpened, recorded: Recorded) -> Data:
    return {"ticket": {"id": _id(recorded), "status": "open", "created_at": event.at.isoformat()}}


def _written(event: ticket.TicketWritten, recorded: Recorded) -> Data:
    author = {"kind": "member" if event.who == "user" else "staff", "name": event.name}
    message = {"id": event.message_id, "author": author, "body": event.body, "created_at": event.at.isoformat()}
    return {"ticket": {"id": _id(recorded), "message": message}}


def _moved(event: ticket.TicketMoved, recorded: Recorded) -> Data:
    return {"ticket": {"id": _id(recorded), "status": event.status}}


def _replay(event: ticket.ReplayGranted | ticket.ReplayRevoked | ticket.ReplayLookedAt, recorded: Recorded) -> Data:
    match event:
        case ticket.ReplayGranted():
            what = "granted"
        case ticket.ReplayRevoked():
            what = "revoked"
        case ticket.ReplayLookedAt():
            what = "looked_at"
    return {"ticket": {"id": _id(recorded), "replay": {"conversation_id": event.conversation_id, "what": what}}}


def _id(recorded: Recorded) -> int:
    return address_of(recorded.tenant, recorded.stream).id


def _changed(event: shared.TicketChanged, _: Recorded) -> Data:
    return {"ticket": {"id": event.ticket_id, "tenant_id": event.tenant, "change": event.change}}


def _reply(event: shared.ReplySaved | shared.ReplyRemoved, _: Recorded) -> Data:
    return {"canned_reply": {"id": event.reply_id, "deleted": isinstance(event, shared.ReplyRemoved)}}


def _tag(event: shared.TagAdded | shared.TagRemoved, _: Recorded) -> Data:
    return {"tag": {"id": event.tag_id, "deleted": isinstance(event, shared.TagRemoved)}}


def _opener(event: Any) -> int:
    opener: int = event.by if isinstance(event, ticket.TicketOpened) else event.opener
    return opener


def _manner(clear: bool) -> Told:
    if clear:
        return Told("with what people wrote", "com o que as pessoas escreveram", "con lo que la gente escribió")
    return Told("without what people wrote", "sem o que as pessoas escreveram", "sin lo que la gente escribió")


SHOWS: Mapping[type[Event], Show] = {
    ticket.TicketOpened: _opened,
    ticket.TicketWritten: _written,
    ticket.TicketMoved: _moved,
    ticket.ReplayGranted: _replay,
    ticket.ReplayRevoked: _replay,
    ticket.ReplayLookedAt: _replay,
    shared.TicketChanged: _changed,
    shared.ReplySaved: _reply,
    shared.ReplyRemoved: _reply,
    shared.TagAdded: _tag,
    shared.TagRemoved: _tag,
}
ONLY: Mapping[type[Event], Callable[[Any], int]] = dict.fromkeys(
    (
        ticket.TicketOpened,
        ticket.TicketWritten,
        ticket.TicketMoved,
        ticket.ReplayGranted,
        ticket.ReplayRevoked,
        ticket.ReplayLookedAt,
    ),
    _opener,
)
STATUSES: Mapping[str, Told] = {
    "open": Told("open", "aberto", "abierto"),
    "pending": Told("pending", "pendente", "pendiente"),
    "solved": Told("solved", "resolvido", "resuelto"),
    "closed": Told("closed", "fechado", "cerrado"),
}
PRIORITIES: Mapping[str, Told] = {
    "low": Told("low", "baixa", "baja"),
    "normal": Told("normal", "normal", "normal"),
    "high": Told("high", "alta", "alta"),
    "urgent": Told("urgent", "urgente", "urgente"),
}

TELLS: Mapping[str, Tell] = {
    "ticket.assigned": lambda e: (
        Told("took a support ticket", "assumiu um chamado de suporte", "tomó un ticket de soporte")
        if e.admin_id
        else Told("let go of a support ticket", "largou um chamado de suporte", "soltó un ticket de soporte")
    ),
    "ticket.moved": lambda e: told(
        "moved a support ticket from {was} to {now}",
        "mudou um chamado de suporte de {was} para {now}",
        "movió un ticket de soporte de {was} a {now}",
        was=STATUSES[e.was],
        now=STATUSES[e.status],
    ),
    "ticket.noted": None,
    "ticket.opened": Told("opened a support ticket", "abriu um chamado de suporte", "abrió un ticket de soporte"),
    "ticket.prioritised": lambda e: told(
        "set a support ticket's priority to {priority}",
        "mudou a prioridade de um chamado de suporte para {priority}",
        "cambió la prioridad de un ticket de soporte a {priority}",
        priority=PRIORITIES[e.priority],
    ),
    "ticket.rated": Told("rated a support ticket", "avaliou um chamado de suporte", "calificó un ticket de soporte"),
    "ticket.replay_granted": lambda e: told(
        "let Plixa's staff look at conversation {id}, {manner}, until a support ticket closes",
        "deixou a equipe da Plixa ver a conversa {id}, {manner}, até um chamado de suporte fechar",
        "dejó al equipo de Plixa ver la conversación {id}, {manner}, hasta que se cierre un ticket de soporte",
        id=e.conversation_id,
        manner=_manner(e.clear),
    ),
    "ticket.replay_looked_at": lambda e: told(
        "looked at conversation {id}, {manner}, as Plixa's staff",
        "viu a conversa {id}, {manner}, como equipe da Plixa",
        "vio la conversación {id}, {manner}, como equipo de Plixa",
        id=e.conversation_id,
        manner=_manner(e.clear),
    ),
    "ticket.replay_revoked": lambda e: told(
        "lets Plixa's staff look at conversation {id} no more",
        "não deixa mais a equipe da Plixa ver a conversa {id}",
        "ya no deja al equipo de Plixa ver la conversación {id}",
        id=e.conversation_id,
    ),
    "ticket.tagged": Told("tagged a support ticket", "marcou um chamado de suporte", "etiquetó un ticket de soporte"),
    "ticket.written": Told(
        "wrote in a support ticket", "escreveu em um chamado de suporte", "escribió en un ticket de soporte"
    ),
}
