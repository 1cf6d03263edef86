"""What the audit says of mails', digests' and pushes' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Tell
from plixa.actors.sayings import Told

TELLS: Mapping[str, Tell] = {
    "digest.scheduled": None,
    "mail.requested": None,
    "digest.due": Told("asked for a test digest", "pediu um resumo de teste", "pidió un resumen de prueba"),
    "push.unwanted": Told(
        "wants no notifications any more", "não quer mais notificações", "ya no quiere notificaciones"
    ),
    "push.wanted": Told("wants notifications", "quer notificações", "quiere notificaciones"),
}
