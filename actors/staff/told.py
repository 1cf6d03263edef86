"""What is told of staff's stays and of suspensions: in the audit of the workspace."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Tell
from plixa.actors.sayings import Told, told

MODES: Mapping[str, Told] = {
    "read": Told("read", "ler", "leer"),
    "write": Told("write", "escrever", "escribir"),
}

TELLS: Mapping[str, Tell] = {
    "staff.looked": lambda e: told(
        "had a look, as Plixa's staff: {what}",
        "deu uma olhada, como equipe da Plixa: {what}",
        "echó un vistazo, como equipo de Plixa: {what}",
        what=e.what,
    ),
    "staff.stepped_in": lambda e: told(
        "stepped in as member {who}, as Plixa's staff, to {mode}: {reason}",
        "entrou como o membro {who}, como equipe da Plixa, para {mode}: {reason}",
        "entró como el miembro {who}, como equipo de Plixa, para {mode}: {reason}",
        who=e.user_id,
        mode=MODES[e.mode],
        reason=e.reason,
    ),
    "staff.stepped_out": Told(
        "left the workspace, as Plixa's staff",
        "saiu da empresa, como equipe da Plixa",
        "salió de la empresa, como equipo de Plixa",
    ),
    "workspace.reactivated": Told(
        "made the workspace active again, as Plixa's staff",
        "reativou a empresa, como equipe da Plixa",
        "reactivó la empresa, como equipo de Plixa",
    ),
    "workspace.resumed": lambda e: told(
        "let go of {n} messages that were too old to be sent",
        "desistiu de {n} mensagens antigas demais para enviar",
        "descartó {n} mensajes demasiado antiguos para enviar",
        n=len(e.dropped),
    ),
    "workspace.suspended": lambda e: told(
        "suspended the workspace, as Plixa's staff: {reason}",
        "suspendeu a empresa, como equipe da Plixa: {reason}",
        "suspendió la empresa, como equipo de Plixa: {reason}",
        reason=e.reason,
    ),
}
