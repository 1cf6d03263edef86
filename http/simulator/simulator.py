"""The simulated gateway as one value: what every route works with. Owns the world, the courier, the dice and the ids.

Background work (QR codes, ticks, deliveries) runs in the nursery given to `open`; a crash there ends the server, it is
not hidden behind a process that still answers.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from random import Random, SystemRandom

import trio

from . import numbers
from .faults import Chance, Faults
from .memory import FILE, Memory
from .outbound import HttpClient
from .records import Content
from .settings import SimulatorSettings
from .webhooks import Courier
from .wire import Ids, JsonObject
from .world import Instance, Media, Phone, Stored, Via, World


class Simulator:
    """State and services. Routes read and change `world` and tell about it with `emit`."""

    def __init__(
        self,
        settings: SimulatorSettings,
        nursery: trio.Nursery,
        client: HttpClient,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self.nursery = nursery
        self.client = client
        self.clock = clock
        self.world = World(settings)
        self.chance = Chance(settings.seed)
        # Not from the seed: two runs that give the same ids look like one run's retries to whoever listens.
        self.ids = Ids(Random(SystemRandom().getrandbits(128)))
        self.courier = Courier(settings, self.chance, nursery, client, clock)
        self.public_url = settings.public_url or ""
        self.revision = 0
        self.memory: Memory | None = None if settings.data is None else Memory(self.world, settings.data / FILE)

    def at(self, url: str) -> None:
        """Learn where the server listens, once it does."""
        self.public_url = (self.settings.public_url or url).rstrip("/")
        self.courier.server_url = self.public_url

    def emit(self, instance: Instance, event: str, data: object) -> None:
        """Something happened: tell the webhook, and make the page look again."""
        self.revision += 1
        if self.memory is not None:
            self.memory.told(instance, data)
        self.courier.emit(instance, event, data)

    def keep(self, instance: Instance, record: JsonObject, chat: str, via: Via, content: Content) -> Stored:
        """Store a message record under the peer's digits (a group's jid as it is)."""
        stored = Stored(record, self.ids.row(), chat, self.clock(), via, str(record["status"]))
        self.world.store(instance, stored, content.media)
        if self.memory is not None:
            self.memory.message(instance, stored.id)
        self.revision += 1
        return stored

    def changed(self, phone: Phone) -> None:
        """A customer's phone is not what it was."""
        self.revision += 1
        if self.memory is not None:
            self.memory.phone(phone)

    def media_of(self, instance: Instance, message_id: str) -> Media | None:
        """The file of a message, while it is kept."""
        return self.world.media(instance, message_id)

    def chat_of(self, jid: str) -> str:
        """The name under which a chat is kept: the phone's digits, or the jid of a group."""
        phone = self.world.phone_at(jid)
        return phone.number if phone else numbers.digits_of(jid) if jid.endswith(numbers.LID) else jid

    def remove(self, instance: Instance) -> None:
        """Take an instance away and stop what runs for it."""
        if instance.connection is not None:
            instance.connection.cancel()
        instance.state = "close"  # what still runs for it, such as a tick, has nothing more to tell
        self.world.instances.pop(instance.name, None)
        self.revision += 1

    def reset(self) -> None:
        """Back to an empty world without faults; what waited to be delivered is given up."""
        for instance in list(self.world.instances.values()):
            self.remove(instance)
        self.world.clear()
        self.courier.reset()
        self.chance.switch(Faults(seed=self.settings.seed))
        self.revision += 1
