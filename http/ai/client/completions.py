"""One call to a model over the OpenAI chat-completions protocol, streamed, with every failure as one of `errors`.

Invariants: a call ends within the time limit, whatever the server does; at most `MAX_BYTES` of an answer are held; when
the caller is cancelled, the connection is closed at once, so that the server stops generating. Retries are the SDK's:
at most `RETRIES`, only before the first byte of an answer, inside the same time limit. A server that rejects tools or
schemas (400, 422) is asked again in plain words, and from then on in plain words at once.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import httpx2
import openai
import trio

from plixa.actors.ai import budget
from plixa.actors.ai.budget import Price
from plixa.actors.ai.forms import Call
from plixa.actors.ai.prompts import Prompt, in_plain_json
from plixa.actors.ai.text import shortened
from plixa.actors.ai.values import Usage
from plixa.http.ai.client.errors import AiError, AiMisconfigured, AiRefused, AiTimedOut, AiUnavailable
from plixa.http.ai.client.stream import Heard, NotAStream, hear

RETRIES = 2
AT_ONCE = 32
MAX_BYTES = 4 * 1024 * 1024  # with what the protocol puts around every piece
_TOO_BIG = frozenset(
    {"context_length_exceeded", "content_filter", "content_policy_violation", "string_above_max_length"}
)
_SECRET = re.compile(r"\b(?:sk|key)-[\w*-]{4,}")


class Completion(NamedTuple):
    """A whole answer. plain: it was asked for in plain words, so `text` is the JSON that else were calls."""

    text: str
    calls: tuple[Call, ...]
    usage: Usage
    plain: bool


class Completions:
    """Calls to one model of one server. Safe to use from many tasks.

    timeout: seconds for a whole call, retries included. price: where the model's list price is not the right one.
    """

    def __init__(self, client: openai.AsyncOpenAI, model: str, timeout: float, price: Price | None = None) -> None:
        self._client = client
        self.model = model
        self._timeout = timeout
        self._price = price or budget.price_of(model)
        self._plain: set[str] = set()  # versions of prompts that this server takes in plain words only
        self._at_once = trio.CapacityLimiter(AT_ONCE)

    async def ask(self, prompt: Prompt) -> Completion:
        """Ask the model. Raises `AiError`."""
        try:
            with trio.fail_after(self._timeout):
                async with self._at_once:
                    return await self._typed_or_plain(prompt)
        except trio.TooSlowError as error:
            raise AiTimedOut(f"The model gave no whole answer within {self._timeout:g} s.", charged=True) from error

    async def _typed_or_plain(self, prompt: Prompt) -> Completion:
        if prompt.version not in self._plain:
            try:
                return await self._call(prompt, plain=False)
            except _Rejected as error:
                if error.hopeless:
                    raise
        completion = await self._call(in_plain_json(prompt), plain=True)
        self._plain.add(prompt.version)
        return completion

    async def _call(self, prompt: Prompt, *, plain: bool) -> Completion:
        request = self._request(prompt, plain=plain)
        create = cast("Any", self._client.chat.completions).with_streaming_response.create
        with _honest() as call:
            async with create(**request) as response:
                call.charged = True
                heard = await hear(response.iter_bytes(), MAX_BYTES)
        return self._completion(prompt, heard, plain=plain)

    def _request(self, prompt: Prompt, *, plain: bool) -> dict[str, Any]:
        messages = [{"role": "system", "content": prompt.system}, {"role": "user", "content": prompt.user}]
        request: dict[str, Any] = {"model": self.model, "messages": messages, "stream": True}
        limit = budget.output_limit(prompt, self.model)
        if budget.reasons(self.model):
            request["max_completion_tokens"] = limit
        else:
            request |= {"max_tokens": limit, "temperature": prompt.temperature}
        return request if plain else request | {"stream_options": {"include_usage": True}} | _shape(prompt)

    def _completion(self, prompt: Prompt, heard: Heard, *, plain: bool) -> Completion:
        if heard.endless:
            raise AiRefused("The model's answer had no end; the rest was not read.", charged=True)
        if heard.finish is None:
            raise AiUnavailable("The model's answer was cut off. Try again later.", charged=True)
        if heard.finish == "content_filter":
            raise AiRefused("The model's server withheld the answer (content filter).", charged=True)
        written = heard.text + "".join(call.name + call.arguments for call in heard.calls)
        counted = heard.tokens or (budget.tokens_in(prompt), budget.tokens(written))
        cost = budget.cost(self._price, *counted)
        usage = Usage(prompt.version, self.model, *counted, cost_micros=cost, counted=heard.tokens is not None)
        return Completion(heard.text, heard.calls, usage, plain)


def _shape(prompt: Prompt) -> dict[str, Any]:
    """The typed shape of the answer, in the protocol's words."""
    if prompt.tools:
        tools = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": tool.parameters,
                    "strict": True,
                },
            }
            for tool in prompt.tools
        ]
        return {"tools": tools, "tool_choice": "required"}
    if prompt.form is None:
        return {}
    if prompt.form.schema is None:
        return {"response_format": {"type": "json_object"}}
    schema = {"name": prompt.form.name, "schema": prompt.form.schema, "strict": True}
    return {"response_format": {"type": "json_schema", "json_schema": schema}}


class _Rejected(AiRefused):
    """A 400 or 422. hopeless: asking in plain words would not help."""

    def __init__(self, message: str, *, hopeless: bool) -> None:
        super().__init__(message)
        self.hopeless = hopeless


@dataclass(slots=True)
class _Progress:
    charged: bool = False


@contextmanager
def _honest() -> Generator[_Progress]:
    """Whatever the SDK raises, as one of ours. The block says when the server has begun to answer."""
    call = _Progress()
    try:
        yield call
    except openai.APITimeoutError as error:
        raise AiTimedOut("The model's server did not answer in time.", charged=call.charged) from error
    except openai.APIConnectionError as error:
        raise AiUnavailable("The model's server cannot be reached. Try again later.") from error
    except openai.APIStatusError as error:
        raise _refusal(error) from error
    except openai.OpenAIError as error:
        raise AiUnavailable(f"The model's server failed: {_said(error)}.", charged=call.charged) from error
    except httpx2.HTTPError as error:
        raise AiUnavailable("The model's server cut the connection. Try again later.", charged=True) from error
    except NotAStream as error:
        raise AiUnavailable(f"{error} Try again later.", charged=True) from error


def _refusal(error: openai.APIStatusError) -> AiError:
    status, said = error.status_code, _said(error)
    if status in (401, 403) or error.code == "insufficient_quota":
        return AiMisconfigured(f"The model's server does not take our key or has no credit ({status}): {said}.")
    if status == 404:
        return AiMisconfigured(f"The model's server does not know the model or the address (404): {said}.")
    if status in (408, 409, 425, 429) or status >= 500:
        return AiUnavailable(
            f"The model's server has no answer now ({status}): {said}. Try again later.", retry_after=_wait(error)
        )
    if status in (400, 422):
        return _Rejected(
            f"The model's server rejects the request ({status}): {said}.", hopeless=(error.code or "") in _TOO_BIG
        )
    return AiRefused(f"The model's server refuses the request ({status}): {said}.")


def _wait(error: openai.APIStatusError) -> int | None:
    """Seconds, where the server says so in seconds; at most an hour."""
    text = error.response.headers.get("retry-after", "")
    return min(int(text), 3600) if text.isascii() and text.isdigit() and len(text) < 9 else None


def _said(error: openai.OpenAIError) -> str:
    """The server's words, short, and without any key that it repeats."""
    return shortened(_SECRET.sub("[key]", str(getattr(error, "message", error))), 200).rstrip(".")
