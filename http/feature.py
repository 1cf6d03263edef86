"""What a feature brings to the edge: one value, `EDGE`, in `http/<feature>/__init__.py`.

`features.py` lists the features, `compose.py` folds what they bring; neither knows what that is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

from quart_trio import QuartTrio

from plixa.engine.effect_spec import EffectSpec
from plixa.engine.events import Event
from plixa.engine.ports import Address
from plixa.engine.settings import Setting
from plixa.http.api import Route
from plixa.http.api.services import Button, Opened, Services
from plixa.http.clients.mail.kinds import Template
from plixa.http.panel.declaring import Form

Opener = Callable[[Services], AbstractAsyncContextManager[Opened]]
Page = Callable[[QuartTrio, Services], None]
Resumes = Callable[[Address, Event], str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """What a feature brings, whatever node it runs on.

    routes: of the API. pages: what else Quart serves. effects: how each kind is carried out; its handler is in what
    `open` yields. settings: read with `services.settings[SETTING]`. mails: its letters, by name, as `RequestMail` asks
    for them. buttons: where letters' buttons lead, by name. forms: what the panel calls its small
    resources, by their name. resumes: the pace of effects that need not wait any longer after an event. open: its
    clients and loops on a node, closed when the block is left.
    """

    routes: tuple[Route, ...] = ()
    pages: tuple[Page, ...] = ()
    effects: Mapping[str, EffectSpec] = field(default_factory=dict[str, EffectSpec])
    settings: tuple[Setting[Any], ...] = ()
    mails: Mapping[str, Template] = field(default_factory=dict[str, Template])
    buttons: Mapping[str, Button] = field(default_factory=dict[str, Button])
    forms: Mapping[str, Form] = field(default_factory=dict[str, Form])
    resumes: Resumes = lambda _owner, _event: None
    open: Opener | None = None
