"""What sockets and the audit are told of conversations' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.conversation import events as ev
from plixa.actors.conversation.view import show
from plixa.actors.feature import Show, Tell, events_of
from plixa.actors.sayings import Told, told
from plixa.engine.events import Event

SHOWS: Mapping[type[Event], Show] = dict.fromkeys(events_of(ev), lambda _, recorded: show(recorded))

TELLS: Mapping[str, Tell] = {
    "ai.asked": None,
    "ai.cancelled": None,
    "answer.dropped": None,
    "answer.given": None,
    "answer.planned": None,
    "assignment.wanted": None,
    "close.planned": None,
    "closed.told": None,
    "member.freed": None,
    "sla.met": None,
    "sla.moved": None,
    "sla.started": None,
    "sla.stopped": None,
    "sla.warned": None,
    "welcome.dropped": None,
    "welcome.planned": None,
    "conversation.annotated": Told(
        "changed the notes of a conversation",
        "alterou as notas de uma conversa",
        "cambió las notas de una conversación",
    ),
    "conversation.assigned": lambda e: (
        Told(
            "took a conversation's member away",
            "deixou uma conversa sem responsável",
            "dejó una conversación sin responsable",
        )
        if e.assigned_user_id is None
        else told(
            "assigned a conversation to member {who}",
            "atribuiu uma conversa ao membro {who}",
            "asignó una conversación al miembro {who}",
            who=e.assigned_user_id,
        )
    ),
    "conversation.deleted": Told("deleted a conversation", "excluiu uma conversa", "eliminó una conversación"),
    "conversation.given_back": Told(
        "gave a conversation back to the automation",
        "devolveu uma conversa à automação",
        "devolvió una conversación a la automatización",
    ),
    "conversation.handed_over": Told(
        "took a conversation over from the automation",
        "assumiu uma conversa da automação",
        "tomó una conversación de la automatización",
    ),
    "conversation.labelled": Told("labelled a conversation", "etiquetou uma conversa", "etiquetó una conversación"),
    "conversation.opened": Told("opened a conversation", "abriu uma conversa", "abrió una conversación"),
    "conversation.read": Told(
        "marked a conversation as read for everybody",
        "marcou uma conversa como lida para todos",
        "marcó una conversación como leída para todos",
    ),
    "conversation.seen": Told("read a conversation", "leu uma conversa", "leyó una conversación"),
    "conversation.renamed": Told(
        "renamed a conversation's contact",
        "mudou o nome do contato de uma conversa",
        "cambió el nombre del contacto de una conversación",
    ),
    "conversation.reopened": Told("reopened a conversation", "reabriu uma conversa", "reabrió una conversación"),
    "conversation.resolved": Told("resolved a conversation", "resolveu uma conversa", "resolvió una conversación"),
    "conversation.routed": Told(
        "moved a conversation to a sector", "moveu uma conversa para um setor", "movió una conversación a un sector"
    ),
    "conversation.snoozed": lambda e: told(
        "snoozed a conversation until {when:%Y-%m-%d %H:%M} UTC",
        "adiou uma conversa até {when:%d/%m/%Y %H:%M} UTC",
        "pospuso una conversación hasta {when:%d/%m/%Y %H:%M} UTC",
        when=e.until,
    ),
    "conversation.unlabelled": Told(
        "took a label off a conversation",
        "tirou uma etiqueta de uma conversa",
        "quitó una etiqueta de una conversación",
    ),
    "conversation.woken": Told(
        "ended a conversation's snooze", "acordou uma conversa adiada", "despertó una conversación pospuesta"
    ),
    "message.noted": Told("wrote an internal note", "escreveu uma nota interna", "escribió una nota interna"),
    "message.queued": Told("sent a message", "enviou uma mensagem", "envió un mensaje"),
    "message.scheduled": lambda e: told(
        "scheduled a message for {when:%Y-%m-%d %H:%M} UTC",
        "agendou uma mensagem para {when:%d/%m/%Y %H:%M} UTC",
        "programó un mensaje para {when:%d/%m/%Y %H:%M} UTC",
        when=e.due,
    ),
    "message.unscheduled": Told(
        "called off a scheduled message", "cancelou uma mensagem agendada", "canceló un mensaje programado"
    ),
    "message.reacted": Told("reacted to a message", "reagiu a uma mensagem", "reaccionó a un mensaje"),
    "message.edited": Told("edited a message", "editou uma mensagem", "editó un mensaje"),
    "message.deleted": Told("deleted a message", "apagou uma mensagem", "borró un mensaje"),
    "conversation.merged": Told(
        "merged a conversation into another one", "juntou uma conversa a outra", "unió una conversación a otra"
    ),
}
