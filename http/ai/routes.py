"""The AI for the people of the business: trying it out, suggestions, summaries, and help with its settings."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, TypeVar, cast

import msgspec
from pydantic import AfterValidator, Field, StringConstraints, model_validator
from typing_extensions import TypedDict

from plixa.actors.ai import embedded, phrases, prompts
from plixa.actors.ai.prompts import Prompt
from plixa.actors.ai.values import EMBEDDED, DialogueTurn, Replied, Usage, Wished
from plixa.actors.flows import building, graph, library as flows
from plixa.actors.flows.library import SaveFlow
from plixa.actors.workspace.state import Workspace
from plixa.engine.errors import Invalid
from plixa.http.ai.answering import LOOK_BACK, Answering, turns_of
from plixa.http.ai.parts import ANSWERER
from plixa.http.api import Answer, Call, route
from plixa.http.api.fields import Body, Text
from plixa.http.conversation.finding import conversation
from plixa.http.flows.resources import FlowResource, flow_of, resource
from plixa.storage.conversation import dialogue, summaries

TAG = "AI configuration"
Long = Annotated[Text, StringConstraints(min_length=1, max_length=4000)]
T = TypeVar("T")


class Said(Body):
    role: Literal["user", "assistant"]
    content: Annotated[Text, StringConstraints(min_length=1, max_length=4000)]


def _ends_with_user(history: list[Said]) -> list[Said]:
    if history and history[-1].role != "user":
        raise ValueError("The last entry must be the user's.")
    return history


# The bound first: a list without one is checked to its end, whatever is asked of it afterwards.
Chat = Annotated[list[Said], Field(min_length=1, max_length=20), AfterValidator(_ends_with_user)]
Instructions = Annotated[list[Said], Field(min_length=1, max_length=30), AfterValidator(_ends_with_user)]


NEITHER = "\x01neither"


def _one_of_them(message: str) -> str:
    if message == NEITHER:
        raise ValueError("Send a message, or a history.")
    return message


class PreviewBody(Body):
    """A business description, and either one message or a whole conversation."""

    prompt: Long
    message: Annotated[Text, StringConstraints(min_length=1, max_length=1000), AfterValidator(_one_of_them)] | None = (
        None
    )
    history: Chat | None = None

    @model_validator(mode="before")
    @classmethod
    def _one_of_both(cls, data: Any) -> Any:
        # Before the fields, so that it is named as the field that is wrong, along with whatever else is.
        fields = cast("dict[str, Any]", data) if isinstance(data, dict) else None
        if fields is None or any(fields.get(name) is not None for name in ("message", "history")):
            return cast("Any", data)
        return {**fields, "message": NEITHER}


class PromptBody(Body):
    prompt: Long


class ShortenBody(Body):
    """`text`: a message as somebody is about to send it."""

    text: Annotated[Text, StringConstraints(min_length=1, max_length=4096)]


class BuildBody(Body):
    """`history`: oldest first, the last entry the owner's wish. `graph`: instead of the saved draft."""

    history: Instructions
    graph: dict[str, Any] | None = None


class Refresh(Body):
    refresh: Literal["0", "1"] = "0"


class UsageShown(TypedDict):
    model: str
    prompt_version: str
    tokens_in: int
    tokens_out: int
    cost_micros: int


class PreviewAnswer(TypedDict):
    reply: str | None
    handed_off: str | None
    sources: list[str]
    note: str
    usage: UsageShown


class SuggestionsAnswer(TypedDict):
    suggestions: list[str]
    usage: UsageShown


class SummaryAnswer(TypedDict):
    summary: str
    cached: bool
    model: str


class ImprovedAnswer(TypedDict):
    prompt: str
    missing: list[str]
    usage: UsageShown


class ShorterAnswer(TypedDict):
    text: str
    usage: UsageShown


class HoursOfDay(TypedDict):
    open: str
    close: str
    enabled: bool


class ExtractedAnswer(TypedDict):
    found: bool
    hours: list[HoursOfDay]
    message: str | None
    notes: list[str]
    usage: UsageShown


class BuiltAnswer(TypedDict):
    graph: dict[str, Any]
    note: str
    flow: FlowResource


def _usage(usage: Usage) -> UsageShown:
    shown = msgspec.structs.asdict(usage)
    return cast("UsageShown", {name: shown[name] for name in UsageShown.__annotations__})


async def _paid(call: Call, conversation_id: int | None, prompt: Prompt, work: Callable[[], Awaitable[T]]) -> T:
    """A call within the business's budget."""
    answering = Answering(call.services)
    key = f"{call.route.method} {call.request_id} {secrets.token_hex(4)}"
    return await answering.paid(call.tenant, key, conversation_id, prompt, work, lambda out: cast("Any", out).usage)


@route(
    "POST",
    "/v1/ai/preview",
    tag=TAG,
    who="owner",
    ability="panel",
    body=PreviewBody,
    answer=PreviewAnswer,
    feature="ai",
    raises=("AI_BUDGET_EXHAUSTED",),
)
async def preview(call: Call) -> Answer:
    """Preview an AI reply without sending anything

    With the description that you send, and the workspace's FAQs and hours.
    """
    body: PreviewBody = call.body
    call.services.limits.spend("10/minute", "ai-preview", str(call.tenant))
    said = body.history or [Said(role="user", content=body.message or "")]
    turns = tuple(DialogueTurn(each.role, each.content) for each in said)
    request = await Answering(call.services).request(call.tenant, turns)
    knowledge = msgspec.structs.replace(request.knowledge, description=body.prompt)
    request = msgspec.structs.replace(request, knowledge=knowledge)
    outcome = await _paid(call, None, prompts.reply(request), lambda: call.services[ANSWERER].reply(request))
    shown: dict[str, Any]
    if isinstance(outcome, Replied):
        shown = {"reply": outcome.text, "handed_off": None, "sources": list(outcome.sources)}
    elif isinstance(outcome, Wished):  # what the agenda would be asked for; here nothing is booked
        shown = {"reply": None, "handed_off": None, "sources": [f"agenda:{outcome.action}"]}
    else:
        shown = {"reply": None, "handed_off": outcome.reason, "sources": []}
    return Answer({**shown, "note": outcome.note, "usage": _usage(outcome.usage)})


@route(
    "POST",
    "/v1/conversations/{conversation}/ai-suggestions",
    tag=TAG,
    answer=SuggestionsAnswer,
    feature="ai",
    rate="20/minute",
    raises=("AI_BUDGET_EXHAUSTED",),
)
async def suggest(call: Call) -> Answer:
    """Generate three reply candidates for a conversation

    Nothing is sent: choose one, change it, send it yourself.
    """
    found = await conversation(call, "conversation")
    lines = await call.read(dialogue.latest, call.tenant, found["id"], LOOK_BACK)
    turns = turns_of(lines)
    if not turns or turns[-1].role != "user":
        turns = (*turns, DialogueTurn("user", "…"))
    request = await Answering(call.services).request(call.tenant, turns, found["contact_name"] or "")
    work = call.services[ANSWERER].suggest
    made = await _paid(call, found["id"], prompts.suggestions(request), lambda: work(request))
    return Answer({"suggestions": list(made.texts), "usage": _usage(made.usage)})


@route(
    "POST",
    "/v1/conversations/{conversation}/summary",
    tag="Inbox",
    query=Refresh,
    answer=SummaryAnswer,
    feature="ai",
    rate="30/minute",
    raises=("AI_BUDGET_EXHAUSTED",),
)
async def summarise(call: Call) -> Answer:
    """Generate or fetch the cached AI summary for a conversation

    For the people of the business; the customer never sees it. It is made anew when there is a new message, or with
    `refresh=1`.
    """
    query: Refresh = call.query
    found = await conversation(call, "conversation")
    lines = await call.read(dialogue.latest, call.tenant, found["id"], prompts.SUMMARY_TURNS)
    if not lines:
        raise Invalid({"conversation": ["There is nothing to summarise yet."]})
    key = call.services.store.keyring.application_key
    belongs = f"summary {call.tenant} {found['id']}"
    if query.refresh == "0":
        cached = await call.read(summaries.find, call.tenant, found["id"], lines[-1].id)
        if cached is not None:
            text = key.unseal(cached["body"], belongs).decode()
            return Answer({"summary": text, "cached": True, "model": cached["model"]})
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    member = workspace.members.get(call.caller.user_id)
    locale = (member.locale if member else None) or workspace.locale
    turns = turns_of(lines)
    work = call.services[ANSWERER].summarise
    made = await _paid(call, found["id"], prompts.summary(turns, locale), lambda: work(turns, locale))
    # Not what was erased meanwhile, nor what lacks the older words of one that was merged into it.
    if await call.read(dialogue.latest, call.tenant, found["id"], prompts.SUMMARY_TURNS) == lines:
        sealed = key.seal(made.text.encode(), belongs)
        row = summaries.row(call.tenant, found["id"], lines[-1].id, made.usage.model, sealed)
        await call.services.store.writer.write([row])
    return Answer({"summary": made.text, "cached": False, "model": made.usage.model})


@route(
    "POST",
    "/v1/ai/improve-prompt",
    tag=TAG,
    who="owner",
    ability="panel",
    body=PromptBody,
    answer=ImprovedAnswer,
    feature="ai",
    rate="20/minute",
    raises=("AI_BUDGET_EXHAUSTED",),
)
async def improve(call: Call) -> Answer:
    """Improve the description of the business

    With no fact that was not in it; what is missing is listed.
    """
    prompt: str = call.body.prompt
    workspace: Workspace = await call.services.bus.workspace(call.tenant)
    work = call.services[ANSWERER].improve
    made = await _paid(call, None, prompts.improve(prompt), lambda: work(prompt, workspace.locale))
    return Answer({"prompt": made.prompt, "missing": list(made.missing), "usage": _usage(made.usage)})


@route(
    "POST",
    "/v1/ai/shorten",
    tag=TAG,
    body=ShortenBody,
    answer=ShorterAnswer,
    feature="ai",
    rate="20/minute",
    raises=("AI_BUDGET_EXHAUSTED",),
)
async def shorten(call: Call) -> Answer:
    """Say a message in fewer words

    With the same prices, times, names and links, in its own language; as it is, where it cannot be said any shorter.
    Nothing is sent.
    """
    text: str = call.body.text
    work = call.services[ANSWERER].shorten
    made = await _paid(call, None, prompts.shorten(text), lambda: work(text))
    return Answer({"text": made.text, "usage": _usage(made.usage)})


@route(
    "POST",
    "/v1/ai/extract-business-hours",
    tag="Endpoints",
    who="owner",
    ability="panel",
    body=PromptBody,
    answer=ExtractedAnswer,
    feature="ai",
    rate="20/minute",
    raises=("AI_BUDGET_EXHAUSTED",),
)
async def extract_hours(call: Call) -> Answer:
    """Read the opening hours out of a text

    As `PUT /v1/business-hours-config` takes them. Nothing is changed.
    """
    prompt: str = call.body.prompt
    work = call.services[ANSWERER].extract_hours
    made = await _paid(call, None, prompts.extract_hours(prompt), lambda: work(prompt))
    hours = [msgspec.structs.asdict(day) for day in made.hours]
    shown = {"found": made.found, "hours": hours, "message": made.message, "notes": list(made.notes)}
    return Answer({**shown, "usage": _usage(made.usage)})


@route(
    "POST",
    "/v1/flows/{flow}/ai-build",
    tag="Flows",
    who="owner",
    body=BuildBody,
    answer=BuiltAnswer,
    feature="ai",
    max_body=400 * 1024,
    rate="10/minute",
    raises=("AI_BUDGET_EXHAUSTED",),
)
async def build_flow(call: Call) -> Answer:
    """Build or edit a flow draft via natural language

    A valid graph is saved as the flow's draft; if none can be made of the wish, 422 says what was in the way and the
    draft stays as it was. Without a model there are ready-made flows only: a flow that is there is
    replaced by one where a new one was asked for, and is not changed.
    """
    body: BuildBody = call.body
    workspace, flow = await flow_of(call)
    current = flows.read(flow.draft) if body.graph is None else graph.parse(body.graph, "graph")
    text = msgspec.json.encode(graph.definition(current)).decode()
    history = tuple(DialogueTurn(each.role, each.content) for each in body.history)
    types = building.GUIDE
    if (
        call.services[ANSWERER].model == EMBEDDED
        and len(current.nodes) > 1
        and not embedded.asks_for_a_new_flow(history)
    ):
        raise Invalid({"history": [phrases.say("no_edit", workspace.locale)]})
    work = call.services[ANSWERER].build_flow
    made = await _paid(
        call, None, prompts.build_flow(history, text, types), lambda: work(history, text, types, workspace.locale)
    )
    built = building.build(made.graph, flows.known(workspace), current)
    if isinstance(built, building.Refusal):
        raise Invalid({name: list(texts) for name, texts in built.details.items()}, built.message)
    draft = msgspec.json.encode(built.definition).decode()
    outcome = await call.ask("workspace", call.tenant, SaveFlow(flow_id=flow.id, values={}, draft=draft))
    saved = resource(outcome.state, outcome.state.flows[flow.id])
    return Answer({"graph": built.definition, "note": made.note, "flow": saved})
