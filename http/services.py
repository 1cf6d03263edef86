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
from plixa.http.clients.evolution.client import EvolutionClient
from plixa.http.crowd import Crowd
from plixa.http.presence import Presence
from plixa.http.turns import Turns
from plixa.storage.bridge import Database
from plixa.storage.store import PostgresStore

if TYPE_CHECKING:
    from plixa.http.clients.ai.answerer import Answerer
    from plixa.http.clients.mail.port import Mailer
    from plixa.http.clients.pictures.store import PictureStore
    from plixa.http.gateway.directory import Directory
    from plixa.http.gateway.held import HeldKeys
    from plixa.http.gateway.links import Links
    from plixa.http.gateway.qr import QrBoard
    from plixa.http.judge import Judge
    from plixa.http.limits import Limits
    from plixa.http.media import MediaFolder
    from plixa.http.pushing import Push, Pushing


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
