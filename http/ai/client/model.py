"""The answerer that asks a model: a prompt out, a typed answer back, and the verdict of `plixa.actors.ai` on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from plixa.actors.ai import prompts, replies, shaping
from plixa.actors.ai.forms import (
    HoursForm,
    ImprovedForm,
    NotAForm,
    RepliesForm,
    SentencesForm,
    ShorterForm,
    json_object,
    read_call,
    read_form,
    read_plain,
)
from plixa.actors.ai.prompts import Prompt
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
    Usage,
)
from plixa.http.ai.client.completions import Completions
from plixa.http.ai.client.errors import AiRefused

T = TypeVar("T")


class ModelAnswerer:
    """An `Answerer` over `Completions`. Every call is one completion; a reply that needs no model makes none."""

    def __init__(self, completions: Completions) -> None:
        self._completions = completions

    @property
    def model(self) -> str:
        """The model's name at its server."""
        return self._completions.model

    async def reply(self, request: ReplyRequest) -> ReplyOutcome:
        """Ask, unless the customer's words settle it, and let only what is grounded through."""
        early = replies.before(request)
        if early is not None:
            return early
        answer = await self._completions.ask(prompts.reply(request))
        action = read_plain(answer.text) if answer.plain else read_call(answer.calls, answer.text)
        return replies.judge(request, action, answer.usage)

    async def suggest(self, request: ReplyRequest) -> Suggestions:
        """One call; what the model proposes beyond the business's facts is replaced by courtesies."""
        form, usage = await self._fill(prompts.suggestions(request), RepliesForm)
        return shaping.suggestions(form.replies, request, usage)

    async def summarise(self, turns: Sequence[DialogueTurn], locale: str) -> Summary:
        """One call; sentences with facts that nobody has written are left out."""
        form, usage = await self._fill(prompts.summary(turns, locale), SentencesForm)
        return shaping.summary(form.sentences, turns, locale, usage)

    async def improve(self, prompt: str, locale: str) -> Improved:
        """One call; a text with invented facts is not taken. The language is the text's own."""
        form, usage = await self._fill(prompts.improve(prompt), ImprovedForm)
        return shaping.improved(form, prompt, usage)

    async def shorten(self, text: str) -> Shorter:
        """One call; a text that says more, less or other than this one is not taken."""
        form, usage = await self._fill(prompts.shorten(text), ShorterForm)
        return shaping.shorter(form, text, usage)

    async def extract_hours(self, prompt: str) -> ExtractedHours:
        """One call."""
        form, usage = await self._fill(prompts.extract_hours(prompt), HoursForm)
        return shaping.hours(form, prompt, usage)

    async def build_flow(self, history: Sequence[DialogueTurn], graph: str, node_types: str, locale: str) -> BuiltFlow:
        """One call; the graph comes back as the model wrote it, only that it is a JSON object is certain."""
        answer = await self._completions.ask(prompts.build_flow(history, graph, node_types))
        try:
            json_object(answer.text)
        except NotAForm as error:
            raise AiRefused(str(error), charged=True) from error
        return BuiltFlow(answer.text, "", answer.usage)

    async def _fill(self, prompt: Prompt, wanted: type[T]) -> tuple[T, Usage]:
        answer = await self._completions.ask(prompt)
        try:
            return read_form(answer.text, wanted), answer.usage
        except NotAForm as error:
            raise AiRefused(str(error), charged=True) from error
