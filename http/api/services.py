"""What the HTTP layer works with: made once by the command line, handed to whoever needs it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import trio

from plixa.engine.clock import Clock
from plixa.engine.effects import EffectRunner
from plixa.engine.fanout import Fanout
from plixa.engine.registry import Registry
from plixa.engine.settings import Settings
from plixa.engine.telemetry import Telemetry
from plixa.engine.timers import TimerService
from plixa.http.realtime.crowd import Crowd
from plixa.http.realtime.presence import Presence
from plixa.http.realtime.turns import Turns
from plixa.http.whatsapp.evolution.client import EvolutionClient
from plixa.storage.postgres.bridge import Database
from plixa.storage.store import PostgresStore

if TYPE_CHECKING:
    from plixa.http.ai.client.answerer import Answerer
    from plixa.http.api.limits import Limits
    from plixa.http.clients.mail.port import Mailer
    from plixa.http.clients.pictures.store import PictureStore
    from plixa.http.conversation.media import MediaFolder
    from plixa.http.notifications.pushing import Push, Pushing
    from plixa.http.realtime.judge import Judge
    from plixa.http.whatsapp.directory import Directory
    from plixa.http.whatsapp.held import HeldKeys
    from plixa.http.whatsapp.links import Links
    from plixa.http.whatsapp.qr import QrBoard


@dataclass(slots=True)
class Services:
    """All parts of a running node. `draining` is set when it is about to stop.

    sockets: the open ones of the live inbox that must still be told of that.
    """

    settings: Settings
    clock: Clock
    telemetry: Telemetry
    database: Database
    store: PostgresStore
    bus: Registry
    fanout: Fanout
    gateway: EvolutionClient
    directory: Directory
    media: MediaFolder
    qr: QrBoard
    limits: Limits
    public_url: str
    mailer: Mailer
    answerer: Answerer
    pictures: PictureStore
    push: Push
    links: Links
    held: HeldKeys = field(init=False)
    pushing: Pushing = field(init=False)
    judge: Judge = field(init=False)
    effects: EffectRunner = field(init=False)
    timers: TimerService = field(init=False)
    presence: Presence = field(default_factory=Presence)
    draining: trio.Event = field(default_factory=trio.Event)
    sockets: set[object] = field(default_factory=set[object])
    crowd: Crowd = field(default_factory=Crowd)
    turns: Turns = field(default_factory=Turns)
