"""The AI: what it answers customers and helps members with, and what that may cost."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from plixa.engine.effect_spec import EffectSpec, Queue
from plixa.http.ai import routes
from plixa.http.ai.answering import Answering
from plixa.http.ai.client.opening import open_answerer
from plixa.http.ai.forms import FORMS
from plixa.http.ai.parts import ANSWERER
from plixa.http.ai.settings import AI_TIMEOUT_SECONDS, OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_MODEL, SETTINGS
from plixa.http.api import routes_in
from plixa.http.api.services import Opened, Services
from plixa.http.feature import Edge


@asynccontextmanager
async def _open(services: Services) -> AsyncGenerator[Opened]:
    settings = services.settings
    async with open_answerer(
        settings[OPENAI_API_KEY], settings[OPENAI_BASE_URL], settings[OPENAI_MODEL], settings[AI_TIMEOUT_SECONDS]
    ) as answerer:
        yield Opened(offers={ANSWERER: answerer}, handlers=Answering(services).handlers)


FACE = ("settings",)
"""The modules that other features may import."""
EDGE = Edge(
    forms=FORMS,
    routes=routes_in(routes),
    effects={
        # A customer waits: then a person gets the conversation.
        "ai.reply": EffectSpec(queue=Queue("ai", at_once=48, share=12), tries=3, tells=True),
    },
    settings=SETTINGS,
    open=_open,
)
