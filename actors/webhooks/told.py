"""What the audit says of webhook endpoints' events."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Tell
from plixa.actors.sayings import Told

TELLS: Mapping[str, Tell] = {
    "webhook_endpoint.created": Told("added a webhook", "adicionou um webhook", "añadió un webhook"),
    "webhook_endpoint.changed": Told("changed a webhook", "alterou um webhook", "cambió un webhook"),
    "webhook_endpoint.removed": Told("removed a webhook", "removeu um webhook", "quitó un webhook"),
    "webhook_endpoint.disabled": Told("switched a webhook off", "desligou um webhook", "desactivó un webhook"),
}
