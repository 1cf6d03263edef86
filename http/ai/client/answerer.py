"""The port: what can be asked of an answerer, with a model behind it or not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from plixa.actors.ai.values import (
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


class Answerer(Protocol):
    """Safe to use from many tasks. Every method may be cancelled at any time, and ends within the time limit.

    Raises only `errors.AiError`, and `Invalid` from `build_flow` where no flow can be made of the wish. Nothing is sent
    to anybody: what comes back is a value to act on.
    """

    @property
    def model(self) -> str:
        """The model's name, as in every `Usage`; "embedded" where there is none."""
        ...

    async def reply(self, request: ReplyRequest) -> ReplyOutcome:
        """An answer to the customer that has passed every check, or a hand-off. A preview asks the same."""
        ...

    async def suggest(self, request: ReplyRequest) -> Suggestions:
        """Three short, distinct replies for a person to choose from."""
        ...

    async def summarise(self, turns: Sequence[DialogueTurn], locale: str) -> Summary:
        """Three to six sentences about a dialogue, for the business. turns: oldest first."""
        ...

    async def improve(self, prompt: str, locale: str) -> Improved:
        """A better business description out of this one, and what it lacks."""
        ...

    async def shorten(self, text: str) -> Shorter:
        """A message of a colleague's in fewer words, with the same facts; or as it is."""
        ...

    async def extract_hours(self, prompt: str) -> ExtractedHours:
        """The opening hours that a text states."""
        ...

    async def build_flow(self, history: Sequence[DialogueTurn], graph: str, node_types: str, locale: str) -> BuiltFlow:
        """A flow's graph as JSON text. history: the owner's wishes, oldest first, the last one theirs; graph: the draft
        as it is, JSON text; node_types: what each type of node is and needs, in words."""
        ...
