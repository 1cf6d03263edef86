"""The gateway's traffic on one node: what it is made of, and who hears of what."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plixa.actors.whatsapp.number import NumberStatus
from plixa.actors.workspace.events import NumberRemoved
from plixa.engine.events import Event, Recorded
from plixa.engine.ports import Address, Commit
from plixa.engine.service import Service
from plixa.http.api.services import Listener, Opened, Services
from plixa.http.clients.safe_http import safe_client
from plixa.http.whatsapp.directory import Directory
from plixa.http.whatsapp.evolution.client import EvolutionClient
from plixa.http.whatsapp.hidden import HiddenIds
from plixa.http.whatsapp.ingress import PREFIX, Ingress, instance_of
from plixa.http.whatsapp.intake import Intake
from plixa.http.whatsapp.links import Links
from plixa.http.whatsapp.outbound import Outbound
from plixa.http.whatsapp.parts import DIRECTORY, GATEWAY, INGRESS, LINKS, QR
from plixa.http.whatsapp.qr import QrBoard
from plixa.http.whatsapp.unreadable import UnreadableWebhooks
from plixa.http.whatsapp.watch import Watch


def resumes(owner: Address, event: Event) -> str | None:
    """What waits for a number goes on when it is open again."""
    return f"number-{owner.id}" if isinstance(event, NumberStatus) and event.status == "connected" else None


@asynccontextmanager
async def opened(services: Services) -> AsyncGenerator[Opened]:
    """The gateway's client, and all that stands between it and the actors."""
    settings = services.settings
    async with (
        EvolutionClient(settings.evolution_url, settings.evolution_api_key) as gateway,
        safe_client(allow_loopback=not settings.production) as abroad,
    ):
        yield _wired(services, gateway, Links(abroad))


def _wired(services: Services, gateway: EvolutionClient, links: Links) -> Opened:
    database, bus, clock, telemetry = services.database, services.bus, services.clock, services.telemetry
    seal, node, brake = services.store.keyring.application_key, services.settings.node, bus.supervisor.brake
    directory, qr = Directory(database, bus), QrBoard()
    hidden = HiddenIds(gateway, directory, bus, clock)
    intake = Intake(database, bus, directory, qr, clock, seal, telemetry, node, hidden)
    watch = Watch(database, bus, gateway, clock, node)
    kept = UnreadableWebhooks(intake, directory, database, clock, seal, node)
    ingress = Ingress(intake, directory, watch, kept, clock, telemetry, brake)
    outbound = Outbound(services, intake)
    rate = services.settings.send_rate or None

    async def at_home(path: str) -> int | None:
        number = await directory.number(instance_of(path))
        return None if number is None else number.tenant

    async def ended(tenant: int) -> None:
        directory.forget_tenant(tenant)

    return Opened(
        offers={GATEWAY: gateway, DIRECTORY: directory, QR: qr, LINKS: links, INGRESS: ingress},
        handlers=outbound.handlers,
        reconcilers=outbound.reconcilers,
        rate=lambda pace: rate if pace.startswith("number-") else None,
        services=(Service("intake", intake.run), Service("kept", kept.run), Service("watch", watch.run)),
        listeners={"numbers": _following(directory, qr), "intake": intake.committed},
        taken_over=(directory.forget_tenant,),
        came=(watch.came,),
        left=(watch.left,),
        ended=(ended,),
        mounts={PREFIX: ingress},
        belongs={PREFIX: at_home},
        draining=(ingress.drain,),
        sizes=lambda: {"held_keys": len(intake.held), **directory.sizes},
    )


def _following(directory: Directory, qr: QrBoard) -> Listener:
    """Old codes are no good when a number's status changes; a removed one is looked up anew."""

    def numbers(commit: Commit, recorded: list[Recorded]) -> None:
        for each in recorded:
            if isinstance(each.event, NumberStatus) and each.event.status in ("connected", "disconnected"):
                qr.clear(commit.address.tenant, commit.address.id)
            elif isinstance(each.event, NumberRemoved):
                directory.forget_number(commit.address.tenant, each.event.number_id)

    return numbers
