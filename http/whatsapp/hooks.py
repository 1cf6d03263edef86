"""Where the gateway is to tell us of an instance."""

from __future__ import annotations

from contextlib import suppress

from plixa.http.api.services import Services
from plixa.http.whatsapp.evolution.client import events_for
from plixa.http.whatsapp.evolution.errors import GatewayError
from plixa.http.whatsapp.ingress import PREFIX
from plixa.http.whatsapp.parts import GATEWAY
from plixa.storage.whatsapp import numbers


async def hook_of(services: Services, instance: str) -> tuple[str, str, tuple[str, ...]]:
    """The address for an instance's webhooks, the secret that they carry, and which events. Raises `GatewayError`."""
    events = events_for((await services[GATEWAY].server()).version)
    row = await services.database.run(numbers.find_number_secret, instance)
    secret = services.store.keyring.application_key.unseal(row["sealed"], f"number secret {instance}").decode()
    return f"{services.public_url}{PREFIX}{instance}", secret, events


async def point_here(services: Services) -> None:
    """Have all webhooks come here, at a gateway that is this server's alone: its port may not be what it was."""
    for row in await services.database.run(numbers.watched_numbers):
        with suppress(GatewayError):  # the watch finds out, and says so
            await services[GATEWAY].set_webhook(row["instance"], *await hook_of(services, row["instance"]))
