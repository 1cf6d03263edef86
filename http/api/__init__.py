"""One declaration a route, and the one path that every request takes.

A route says who may call it, how often, how large a body may be, which model checks the body and the query, and what
it answers. From that the Quart application, the OpenAPI document and the policy test are made: a feature names its
routes in its `EDGE`, and there are no others.

A request: rate → token → role, ability, workspace, plan → size → JSON → model → Idempotency-Key → handler → envelope.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType
from typing import Any, Literal, TypeVarTuple

import msgspec
from pydantic import BaseModel, ValidationError

from plixa.actors.people.security import SECURITY
from plixa.actors.staff.stays import SUSPENSION
from plixa.actors.workspace.declarations import Feature
from plixa.actors.workspace.plans import must_include
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Outcome
from plixa.engine.errors import Conflict, Details, Duplicate, Forbidden, Invalid, PlixaError
from plixa.engine.events import Event
from plixa.engine.ports import Address
from plixa.http.api import witness
from plixa.http.api.services import Services
from plixa.http.api.wording import sentences
from plixa.storage.eventlog import answers
from plixa.storage.eventlog.sealing import ApplicationKey
from plixa.storage.eventlog.statement import Row
from plixa.storage.workspace.audit import origin_row

Who = Literal["public", "member", "owner", "admin"]
"""admin: Plixa's own staff, who have tokens of their own kind; each kind is no token at all to the other's routes."""
Ability = Literal["read", "write", "panel", "challenge"]
"""challenge: a sign-in that waits for its second factor, and is good for nothing else."""
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
DEFAULT_RATE = "600/minute"
STRANGER_RATE = "300/minute"
"""Tokens that are no good, of one source."""
DEFAULT_BODY = 256 * 1024
MOST_WRONG = 500
Data = TypeVarTuple("Data")


@dataclass(frozen=True, slots=True)
class Acting:
    """Somebody of staff who acts as a member: who, how, and until when."""

    admin_id: int
    name: str
    mode: Literal["read", "write"]
    until: datetime


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking. `panel`: a person's own session, as opposed to an integration's token."""

    tenant: int
    user_id: int
    role: Literal["owner", "agent", "admin"]
    name: str
    token_id: int
    abilities: frozenset[str]
    acting: Acting | None = None

    @property
    def panel(self) -> bool:
        """Whether this is somebody at the panel."""
        return "*" in self.abilities

    @property
    def staff(self) -> int | None:
        """Who of Plixa's staff this is, by themselves or acting as a member; None for anybody else."""
        if self.role == "admin":
            return self.user_id
        return None if self.acting is None else self.acting.admin_id

    @property
    def actor(self) -> str:
        """How the log names them."""
        if (staff := self.staff) is not None:
            return f"admin:{staff}"
        return f"user:{self.user_id}" if self.panel else f"token:{self.token_id}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back: `data` and `meta` of the envelope. A `raw` body is sent as it is.

    cookies: `Set-Cookie` headers.
    """

    data: Any = None
    meta: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    raw: bytes | None = None
    cookies: tuple[str, ...] = ()


class Replayed(Exception):
    """This request was answered before; here is that answer."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body


Handler = Callable[["Call"], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Render:
    """An answer that waits for its events, as a value: a renderer, which is a function of a module, and its data."""

    renderer: Callable[..., Answer]
    data: tuple[object, ...] = field(repr=False)

    def __call__(self, events: Sequence[Event]) -> Answer:
        return self.renderer(events, *self.data)


def rendering(renderer: Callable[[Sequence[Event], *Data], Answer], *data: *Data) -> Render:
    """What these events are answered with. The renderer is no closure: what it needs beside them is its data."""
    return Render(renderer, data)


def settled(_: Sequence[Event], answer: Answer) -> Answer:
    """The renderer of an answer that is known before."""
    return answer


@dataclass(frozen=True, slots=True)
class Kept:
    """The answer to a request with an Idempotency-Key, attached to the commit that it tells of."""

    tenant: int
    scope: str
    key: str
    stream: str
    body_hash: bytes
    at: datetime
    render: Render

    def rows(self, events: Sequence[Event], seal: ApplicationKey) -> list[Row]:
        """See `Attached`."""
        answer = self.render(events)
        body = seal.seal(envelope(answer), answer_belongs(self.tenant, self.scope, self.key))
        who = (self.tenant, self.scope, self.key, self.stream, self.body_hash)
        return [answers.answer_row(*who, answer.status, body, self.at)]


def answer_belongs(tenant: int, scope: str, key: str) -> str:
    """What a stored answer is sealed as."""
    return f"answer {(tenant, scope)} {key}"


@dataclass(frozen=True, slots=True)
class Route:
    """A route's declaration.

    rate: per token (per address where there is none). feature: what the plan must include.
    always: also in a suspended workspace, and before a second factor that the workspace demands is set up.
    before_factor: also before that second factor, but not in a suspended workspace.
    form: the body is a multipart form, with a file in the field `file`. also: other statuses of the same answer.
    act: of a route of staff, how the audit calls what is done, like "tenant.suspended". manages: only for those of them
    who may manage. in_suspension: also in a suspended workspace. acting: whether staff who act as a member may call it;
    None: as long as it is none of `panel`'s, to read, and to write if they asked for that.
    """

    method: Method
    path: str
    handler: Handler
    tag: str
    who: Who
    ability: Ability
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    answer: Any
    status: int
    rate: str
    max_body: int
    form: bool
    idempotent: bool
    raises: tuple[str, ...]
    feature: Feature | None
    always: bool
    file: str
    also: tuple[int, ...]
    act: str
    manages: bool
    in_suspension: bool
    acting: bool | None
    before_factor: bool = False

    @property
    def summary(self) -> str:
        """The first line of the handler's docstring."""
        return (self.handler.__doc__ or "").strip().splitlines()[0]

    @property
    def description(self) -> str:
        """The rest of it."""
        return "\n".join(line.strip() for line in (self.handler.__doc__ or "").strip().splitlines()[1:]).strip()

    @property
    def key(self) -> str:
        """What names it in logs, metrics and limits."""
        return f"{self.method} {self.path}"


def route(
    method: Method,
    path: str,
    *,
    tag: str,
    answer: Any = None,
    who: Who = "member",
    ability: Ability | None = None,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    status: int = 200,
    rate: str = DEFAULT_RATE,
    max_body: int = DEFAULT_BODY,
    form: bool = False,
    idempotent: bool = False,
    raises: tuple[str, ...] = (),
    feature: Feature | None = None,
    always: bool = False,
    file: str = "file",
    also: tuple[int, ...] = (),
    act: str = "",
    manages: bool = False,
    in_suspension: bool = False,
    acting: bool | None = None,
    before_factor: bool = False,
) -> Callable[[Handler], Route]:
    """Declare a route. `ability` is `read` for GET and `write` for the rest; `panel` keeps integrations out."""

    def declare(handler: Handler) -> Route:
        needed: Ability = ability or ("read" if method == "GET" else "write")
        return Route(
            method,
            path,
            handler,
            tag,
            who,
            needed,
            body,
            query,
            answer,
            status,
            rate,
            max_body,
            form,
            idempotent,
            raises,
            feature,
            always,
            file,
            also,
            act,
            manages,
            in_suspension,
            acting,
            before_factor,
        )

    return declare


def routes_in(*modules: ModuleType) -> tuple[Route, ...]:
    """The routes that these modules declare, in the order in which they stand there."""
    return tuple(
        each
        for module in modules
        for each in vars(module).values()
        if isinstance(each, Route) and each.handler.__module__ == module.__name__
    )


@dataclass(slots=True)
class Concern:
    """What a request of staff is about, as far as its handler says; the rest of its entry in the audit is known.

    tenant: the workspace that it concerns. before, after: in JSON types, without secrets. done: the entry is written.
    told: the workspace's own log has it.
    """

    tenant: int = 0
    target: str = ""
    target_id: int | None = None
    before: Any = None
    after: Any = None
    reason: str | None = None
    done: bool = False
    told: bool = False


@dataclass(slots=True)
class Call:
    """A request on its way, and what a handler needs to answer it."""

    route: Route
    services: Services
    address: str
    params: Mapping[str, int]
    caller_or_none: Caller | None = None
    body: Any = None
    query: Any = None
    raw: bytes = b""
    files: Mapping[str, Any] = field(default_factory=dict[str, Any])
    idempotency_key: str | None = None
    request_id: str = field(default_factory=lambda: uuid.uuid4().hex[:16])
    token: str | None = None
    user_agent: str = ""
    languages: str = ""
    slug: str = ""
    if_none_match: str = ""
    concern: Concern = field(default_factory=Concern)

    def locale(self, workspace: Workspace) -> str:
        """The language to answer in: the first of `Accept-Language`, else the member's own or the workspace's."""
        asked = self.languages.strip()
        return asked if asked[:2].isalpha() else workspace.locale_of(self.caller.user_id)

    @property
    def caller(self) -> Caller:
        """Who is asking; only on routes that are not public."""
        if self.caller_or_none is None:
            raise LookupError("a public route has no caller")
        return self.caller_or_none

    @property
    def tenant(self) -> int:
        """The caller's workspace."""
        return self.caller.tenant

    async def read(self, query: Callable[..., Awaitable[Any]], *args: Any, **named: Any) -> Any:
        """Run a read of `plixa.storage.reads`."""
        return await self.services.database.run(query, *args, **named)

    async def ask(
        self,
        kind: str,
        id_: int,
        command: Any,
        *,
        render: Render | None = None,
        tenant: int | None = None,
        attach: Sequence[object] = (),
    ) -> Outcome:
        """Ask an actor of the caller's workspace.

        With an Idempotency-Key, `render` makes the answer that is stored in the same transaction as the events.
        attach: see `Bus.ask`.
        """
        owner = self.tenant if tenant is None else tenant
        actor = self.caller_or_none.actor if self.caller_or_none else "anonymous"

        # What staff are answered of a workspace goes with it.
        stream = f"{kind}-{id_}" if owner == self._scope[0] else f"workspace-{owner}"
        about = [*self._origin_rows(owner), *self._kept(render, stream), *self._deed_rows()]
        try:
            outcome = await self.services.bus.ask(
                Address(owner, kind, id_),
                command,
                actor=actor,
                cause=f"http:{self.request_id}",
                attach=[*attach, *about],
                replayable=not attach,  # the rest is about the request, and can be done without
            )
        except Duplicate as error:
            if error.constraint == "answers_pkey":  # the same request is being answered at this very moment
                await self.replay()
            raise
        if outcome.recorded:
            self.concern.done = True
            self.concern.told |= owner > 0 and owner in (self.concern.tenant, self._acted_in)
        return outcome

    async def answered(
        self,
        kind: str,
        id_: int,
        command: Any,
        render: Render,
        *,
        tenant: int | None = None,
        attach: Sequence[object] = (),
    ) -> Answer:
        """Ask for what always leads to something, and answer with that: the first time as for a request repeated."""
        outcome = await self.ask(kind, id_, command, render=render, tenant=tenant, attach=attach)
        return render([each.event for each in outcome.recorded])

    def _origin_rows(self, tenant: int) -> list[object]:
        """Where this came from, for the audit; reading leaves no trace."""
        if self.route.method == "GET" or (self.caller_or_none and self.caller.staff is not None):
            return []  # where staff sit is in their own audit
        return [origin_row(tenant, self.request_id, self.address, self.user_agent, self.services.clock.now())]

    @property
    def _acted_in(self) -> int:
        """The workspace in which staff act as a member; 0 for none."""
        caller = self.caller_or_none
        return caller.tenant if caller is not None and caller.acting is not None else 0

    def _deed_rows(self) -> list[object]:
        """The entry in the audit of staff, which goes along with the first thing that is decided."""
        if self.caller_or_none is None or self.caller.staff is None or self.concern.done:
            return []
        return [*witness.rows(self)]

    def _kept(self, render: Render | None, stream: str) -> list[Kept]:
        if self.idempotency_key is None or render is None:
            return []
        now = self.services.clock.now()
        return [Kept(*self._scope, self.idempotency_key, stream, self.body_hash, now, render)]

    async def keep(self, answer: Answer, stream: str) -> Answer:
        """The same answer, kept for a request that is repeated, where no actor was asked."""
        try:
            seal = self.services.store.keyring.application_key
            for kept in self._kept(rendering(settled, answer), stream):
                await self.services.store.writer.write(kept.rows((), seal))
        except Duplicate:  # the same request was answered a moment ago
            await self.replay()
            raise
        return answer

    @property
    def _scope(self) -> tuple[int, str]:
        caller = self.caller_or_none
        path = self.route.path.format(**self.params) if self.params else self.route.path
        return (caller.tenant if caller else 0, f"{caller.actor if caller else 'public'} {self.route.method} {path}")

    @property
    def body_hash(self) -> bytes:
        """What makes a request the same request."""
        return hashlib.sha256(self.raw).digest()

    async def replay(self) -> None:
        """Raises `Replayed` if this request was answered before, `Conflict` if its key was used for another one."""
        if self.idempotency_key is None:
            return
        tenant, scope = self._scope
        row = await self.read(answers.find_answer, tenant, scope, self.idempotency_key)
        if row is None:
            return
        if row["body_hash"] != self.body_hash:
            raise Conflict(
                "This Idempotency-Key was used for a different request. Use a new key.", code="IDEMPOTENCY_KEY_REUSED"
            )
        belongs = answer_belongs(tenant, scope, self.idempotency_key)
        raise Replayed(row["status"], self.services.store.keyring.application_key.unseal(row["body"], belongs))


def authorise(route: Route, caller: Caller, workspace: Workspace, now: datetime) -> None:
    """Raises `Forbidden` unless this caller may use this route of this workspace, as things stand."""
    suspended = workspace.status == "suspended" and (route.in_suspension or reads(route, caller))
    admit(caller, workspace, now, route.ability, always=route.always or suspended, before_factor=route.before_factor)
    if caller.acting is not None and not may_act(route, caller.acting):
        raise Forbidden("Not while you act as a member of this workspace.", code="NOT_WHILE_ACTING")
    if route.who == "owner" and caller.role != "owner":
        raise Forbidden("Only the owner of the workspace may do this.")
    if route.feature is not None:
        must_include(workspace, route.feature, now)


def authorise_staff(route: Route, caller: Caller) -> None:
    """Raises `Forbidden` unless this member of staff may use this route."""
    if "admin" not in caller.abilities and not route.always:
        raise Forbidden(
            "Staff sign in with a second factor. Set it up at /v1/admin/me/2fa/setup first.", code="TWO_FACTOR_REQUIRED"
        )
    if route.manages and "staff:manage" not in caller.abilities:
        raise Forbidden("Only staff who manage may do this.")


def reads(route: Route, caller: Caller) -> bool:
    """Whether this is staff having a look, which they may in a workspace that is closed to its members."""
    return caller.acting is not None and route.method == "GET"


def may_act(route: Route, acting: Acting) -> bool:
    """Whether staff who act as a member may use a route: never what is the member's own, or is for good."""
    allowed = route.acting if route.acting is not None else route.ability != "panel"
    return allowed and (route.method == "GET" or acting.mode == "write" or bool(route.acting))


def admit(
    caller: Caller,
    workspace: Workspace,
    now: datetime,
    ability: str,
    *,
    always: bool = False,
    before_factor: bool = False,
) -> None:
    """Raises `Forbidden` unless this caller is let in: to routes, and to sockets for as long as they are open.

    always: also where the workspace is suspended, and without the second factor that it demands; before_factor: the
    latter alone.
    """
    if not caller.panel and ability not in caller.abilities:
        needs = "a panel session" if ability == "panel" else f"the ability '{ability}'"
        raise Forbidden(f"This needs {needs}; the token that you sent has {', '.join(sorted(caller.abilities))}.")
    if not caller.panel and ability != "challenge":
        must_include(workspace, "api_access", now)  # a plan without tokens takes none, old ones neither
    if not always:
        _must_be_open(caller, workspace, before_factor)


def _must_be_open(caller: Caller, workspace: Workspace, before_factor: bool) -> None:
    if workspace.status == "suspended":
        suspension = SUSPENSION.of(workspace)
        raise Forbidden(
            "This workspace is suspended. Write to support to have it back.",
            code="WORKSPACE_SUSPENDED",
            details={"reason": [suspension.reason]} if suspension is not None and suspension.reason else None,
        )
    if workspace.status == "erased":
        raise Forbidden("This workspace is being deleted, for good.", code="WORKSPACE_SUSPENDED")
    member = workspace.members.get(caller.user_id)
    if before_factor:
        return
    if (
        caller.panel
        and caller.acting is None
        and SECURITY.of(workspace).require_two_factor
        and member is not None
        and not member.two_factor
    ):
        raise Forbidden(
            "This workspace demands two-factor authentication. Set it up at /v1/me/2fa/setup first.",
            code="TWO_FACTOR_REQUIRED",
        )


def check(model: type[BaseModel], value: Any) -> Any:
    """The value as the model has it. Raises `Invalid` with all wrong fields at once."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        if error.error_count() > MOST_WRONG:  # a sentence each would take seconds
            raise Invalid(
                {"body": [f"There are {error.error_count()} wrong values in it; {MOST_WRONG} are named at most."]}
            ) from None
        raise Invalid(details(error)) from None


def must_be_known(model: type[BaseModel] | None, names: Iterable[str], what: str) -> None:
    """Raises `Invalid` for names that the route does not have: what is passed over is taken for understood."""
    known: set[str] = set() if model is None else {field.alias or name for name, field in model.model_fields.items()}
    unknown = [name for name in names if name not in known]
    if unknown:
        expected = f"It has {', '.join(sorted(known))}." if known else "It has none."
        raise Invalid({name[:100]: [f"This route has no such {what}. {expected}"] for name in unknown[:MOST_WRONG]})


def details(error: ValidationError) -> Details:
    """Dotted field path → what is wrong with it."""
    found: dict[str, list[str]] = {}
    for each in error.errors(include_url=False, include_context=True):
        path = ".".join(str(part) for part in each["loc"]) or "body"
        found.setdefault(path, []).extend(sentences(path, each))
    return found


def envelope(answer: Answer) -> bytes:
    """`{data, meta, errors}` as JSON, times as ISO-8601 with their offset written out."""
    return msgspec.json.encode({"data": _plain(answer.data), "meta": answer.meta, "errors": None})


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_plain(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def error_envelope(error: PlixaError) -> bytes:
    """`{data: null, meta: null, errors: [{code, message, details?}]}` as JSON."""
    shown: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.details is not None:
        shown["details"] = error.details
    return msgspec.json.encode({"data": None, "meta": None, "errors": [shown]})
