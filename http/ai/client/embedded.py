"""The answerer that needs nobody: the rules of `plixa.actors.ai.embedded` behind the port."""

from __future__ import annotations

from collections.abc import Sequence

from trio.lowlevel import checkpoint

from plixa.actors.ai import embedded
from plixa.actors.ai.values import (
    EMBEDDED,
    BuiltFlow,
    DialogueTurn,
    ExtractedHours,
    Improved,
    ReplyOutcome,
    ReplyRequest,
    Shorter,
    Suggestions,
    Summary,
)


class EmbeddedAnswerer:
    """An `Answerer` without a model, a key or a network. It costs nothing and never fails."""

    @property
    def model(self) -> str:
        """Always "embedded"."""
        return EMBEDDED

    async def reply(self, request: ReplyRequest) -> ReplyOutcome:
        """From FAQs, hours and services, or a hand-off."""
        await checkpoint()
        return embedded.reply(request)

    async def suggest(self, request: ReplyRequest) -> Suggestions:
        """From the nearest FAQ, then courtesies."""
        await checkpoint()
        return embedded.suggest(request)

    async def summarise(self, turns: Sequence[DialogueTurn], locale: str) -> Summary:
        """Who wrote what last, labelled as made without a model."""
        await checkpoint()
        return embedded.summarise(turns, locale)

    async def improve(self, prompt: str, locale: str) -> Improved:
        """The text as it is, tidied, and a list of what it lacks."""
        await checkpoint()
        return embedded.improve(prompt, locale)

    async def shorten(self, text: str) -> Shorter:
        """The text without what it says twice."""
        await checkpoint()
        return embedded.shorten(text)

    async def extract_hours(self, prompt: str) -> ExtractedHours:
        """By rules."""
        await checkpoint()
        return embedded.extract_hours(prompt)

    async def build_flow(self, history: Sequence[DialogueTurn], graph: str, node_types: str, locale: str) -> BuiltFlow:
        """A ready-made flow that fits the wish; raises Invalid where none does."""
        await checkpoint()
        return embedded.build_flow(history, locale)
