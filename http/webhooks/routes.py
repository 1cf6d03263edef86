"""Webhook endpoints, and what became of what was sent to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, get_args
from uuid import uuid4

from pydantic import Field, StringConstraints, model_validator

from plixa.actors.webhooks import endpoints as cmd
from plixa.actors.webhooks.endpoints import WEBHOOKS, Endpoint, Told, endpoint_of
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event
from plixa.http.api import Answer, Call, cursors, rendering, route
from plixa.http.api.fields import Body, Id, Line, Moment, Page
from plixa.http.webhooks.attempt import Post, Said
from plixa.http.webhooks.happened import answer_belongs, body_belongs, body_of
from plixa.http.webhooks.parts import COURIER, FEEDING
from plixa.http.webhooks.resources import (
    Status,
    Type,
    WebhookDelivery,
    WebhookDeliveryWithBody,
    WebhookEndpoint,
    WebhookEndpointWithSecret,
    WebhookReplay,
    delivery_resource,
    endpoint_resource,
    with_body,
)
from plixa.http.webhooks.signing import new_secret
from plixa.storage.webhooks import deliveries, feeds, secrets

TAG = "Webhooks (outbound)"
PATH = "/v1/webhook-endpoints"
DELIVERIES = "/v1/webhook-deliveries"
_ORDER = get_args(Told)
Url = Annotated[Line, StringConstraints(min_length=1, max_length=2048)]
Events = Annotated[list[Told], Field(min_length=1, max_length=20)]
Description = Annotated[Line, StringConstraints(max_length=120)]
Offset = Annotated[int, Field(ge=0, le=2**63 - 1)]


class NewEndpoint(Body):
    """url: https, port 443 or 8443; http and any port only to this machine, and outside of production."""

    url: Url
    events: Events
    is_active: bool = True
    description: Description | None = None


class ChangedEndpoint(Body):
    """What is left out stays as it is. rotate_secret: make a new secret; the old one signs beside it for 24 hours."""

    url: Url = Field(default_factory=str)
    events: Events = Field(default_factory=list[Told])
    is_active: bool = True
    description: Description | None = None
    rotate_secret: bool = False


class WhichDeliveries(Page):
    """Which deliveries; `since` and `until` (excluded) are about when they were queued."""

    endpoint_id: Id | None = None
    status: Status | None = None
    type: Type | None = None
    since: Moment | None = None
    until: Moment | None = None


class Period(Body):
    """Either offsets of the log (what comes after `after`, up to `upto`), or times (`until` is excluded). An end that
    is left out is now."""

    after: Offset | None = None
    upto: Offset | None = None
    since: Moment | None = None
    until: Moment | None = None

    @model_validator(mode="after")
    def _one_beginning(self) -> Period:
        if (self.after is None) is (self.since is None):
            raise ValueError("Give either `after`, an offset of the log, or `since`, a time.")
        if self.upto is not None and self.until is not None:
            raise ValueError("Give either `upto` or `until`.")
        return self


@route("GET", PATH, tag=TAG, who="owner", answer=list[WebhookEndpoint])
async def list_endpoints(call: Call) -> Answer:
    """List the webhook endpoints

    Their secrets are not among it: they are told once.
    """
    workspace = await call.services.bus.workspace(call.tenant)
    return Answer([endpoint_resource(each) for _, each in sorted(WEBHOOKS.of(workspace).items())])


@route(
    "POST", PATH, tag=TAG, who="owner", ability="panel", body=NewEndpoint, answer=WebhookEndpointWithSecret, status=201,
    rate="60/minute", idempotent=True, feature="api_access", raises=("TOO_MANY",),
)  # fmt: skip
async def create_endpoint(call: Call) -> Answer:
    """Create a webhook endpoint

    It hears of what happens from now on. `secret` is shown here and never again: keep it to check the signatures.
    """
    body: NewEndpoint = call.body
    _must_be_sent_to(call, body.url)
    secret = new_secret()
    command = cmd.AddEndpoint(
        url=body.url, events=_in_order(body.events), is_active=body.is_active, description=body.description or None
    )
    attach = [secrets.EndpointSecret(call.tenant, None, secret, call.services.clock.now())]
    return await call.answered("workspace", call.tenant, command, rendering(_made, secret), attach=attach)


@route(
    "PUT", f"{PATH}/{{endpoint}}", tag=TAG, who="owner", ability="panel", body=ChangedEndpoint,
    answer=WebhookEndpointWithSecret, feature="api_access",
)  # fmt: skip
async def change_endpoint(call: Call) -> Answer:
    """Update a webhook endpoint

    With `rotate_secret` the answer's `secret` is the new one, shown here and never again; otherwise it is null.
    Switched on again, it hears of what happens from then on: ask for a replay of what it missed.
    """
    body: ChangedEndpoint = call.body
    sent = body.model_fields_set - {"rotate_secret"}
    if "url" in sent:
        _must_be_sent_to(call, body.url)
    endpoint_id, secret = call.params["endpoint"], new_secret() if body.rotate_secret else None
    command = cmd.ChangeEndpoint(
        endpoint_id=endpoint_id, fields=tuple(sorted(sent)), url=body.url, events=_in_order(body.events),
        is_active=body.is_active, description=body.description or None, rotated=secret is not None,
    )  # fmt: skip
    now = call.services.clock.now()
    attach = [] if secret is None else [secrets.EndpointSecret(call.tenant, endpoint_id, secret, now)]
    outcome = await call.ask("workspace", call.tenant, command, attach=attach)
    return Answer({**endpoint_resource(endpoint_of(outcome.state, endpoint_id)), "secret": secret})


@route("DELETE", f"{PATH}/{{endpoint}}", tag=TAG, who="owner", ability="panel", status=204, feature="api_access")
async def remove_endpoint(call: Call) -> Answer:
    """Delete a webhook endpoint

    What waits for it is cancelled. Its deliveries stay to be read for 30 days.
    """
    await call.ask("workspace", call.tenant, cmd.RemoveEndpoint(endpoint_id=call.params["endpoint"]))
    call.services[COURIER].due(call.tenant, [call.params["endpoint"]])
    return Answer(status=204)


@route(
    "POST", f"{PATH}/{{endpoint}}/test", tag=TAG, who="owner", answer=WebhookDeliveryWithBody, status=201,
    rate="30/minute", feature="api_access",
)  # fmt: skip
async def send_test(call: Call) -> Answer:
    """Send a test

    A synthetic `webhook.test`, signed like any other, tried once and at once: the answer tells what came of it. Works
    for an endpoint that is switched off, too, and says nothing of its health.
    """
    tenant, endpoint = call.tenant, await _endpoint(call)
    seal, now = call.services.store.keyring.application_key, call.services.clock.now()
    event_id = f"evt_{tenant}_test_{uuid4().hex}"
    body = body_of(event_id, "webhook.test", 0, now, tenant, {"endpoint_id": endpoint.id})
    sealed = seal.seal(body, body_belongs(tenant, event_id))
    good = (await call.read(secrets.good, [(tenant, endpoint.id)], now)).get((tenant, endpoint.id), [])
    opened = [seal.unseal(each, secrets.belongs(tenant, endpoint.id)).decode() for each in good]
    id_ = await call.read(deliveries.begin_test, tenant, endpoint.id, event_id, sealed, now)
    said = await call.services[COURIER].poster.post(Post(endpoint.url, event_id, "webhook.test", id_, body, opened))
    await call.read(deliveries.end_test, tenant, id_, *_result(call, id_, said))
    return Answer(with_body(await call.read(deliveries.one, tenant, id_), seal), status=201)


@route(
    "POST", f"{PATH}/{{endpoint}}/replay", tag=TAG, who="owner", ability="panel", body=Period, answer=WebhookReplay,
    status=202, rate="30/minute", feature="api_access", raises=("REPLAY_UNDER_WAY", "ENDPOINT_INACTIVE"),
)  # fmt: skip
async def replay(call: Call) -> Answer:
    """Replay a period of the log to an endpoint

    Everything of the period that it subscribes to, also what it never got, as new deliveries of the same events: ids
    and offsets are those that they always had. What was never queued for anybody is told as it is now. A receiver that
    keeps the highest offset that it has seen of each resource ends with what `GET` gives.
    """
    endpoint, period, tenant = await _endpoint(call), call.body, call.tenant
    if not endpoint.is_active:
        raise Conflict("This endpoint is switched off. Switch it on first.", code="ENDPOINT_INACTIVE")
    head = await call.services.store.head(tenant)
    after = period.after if period.since is None else await call.read(feeds.position_at, tenant, period.since)
    upto = head if period.until is None else await call.read(feeds.position_at, tenant, period.until)
    upto = min(upto, head if period.upto is None else period.upto)
    if after < upto:
        now = call.services.clock.now()
        if not await call.read(feeds.ask_replay, tenant, endpoint.id, after, upto, now):
            raise Conflict("A replay to this endpoint is under way. Wait until it is done.", code="REPLAY_UNDER_WAY")
        call.services[FEEDING].want(tenant)
    return Answer({"endpoint_id": endpoint.id, "after": after, "upto": max(after, upto)}, status=202)


@route("GET", DELIVERIES, tag=TAG, who="owner", query=WhichDeliveries, answer=list[WebhookDelivery])
async def list_deliveries(call: Call) -> Answer:
    """List webhook deliveries

    Newest first, kept for 30 days after they are over. `response_body` is the first 2 KB of what the endpoint answered.
    """
    query: WhichDeliveries = call.query
    chosen = deliveries.Chosen(query.endpoint_id, query.status, query.type, query.since, query.until)
    before = cursors.decode(query.cursor, int)
    page, more = await call.read(deliveries.listed, call.tenant, chosen, before, query.limit)
    seal = call.services.store.keyring.application_key
    meta = {"next_cursor": cursors.encode(more), "limit": query.limit}
    return Answer([delivery_resource(row, seal) for row in page], meta)


@route("GET", f"{DELIVERIES}/{{delivery}}", tag=TAG, who="owner", answer=WebhookDeliveryWithBody)
async def get_delivery(call: Call) -> Answer:
    """Get a webhook delivery

    With the body that is sent at every try. `erased`: what it told of was erased, and the body with it.
    """
    return Answer(with_body(await _delivery(call), call.services.store.keyring.application_key))


@route(
    "POST", f"{DELIVERIES}/{{delivery}}/retry", tag=TAG, who="owner", answer=WebhookDelivery, rate="120/minute",
    feature="api_access", raises=("DELIVERY_NOT_FAILED",),
)  # fmt: skip
async def retry_delivery(call: Call) -> Answer:
    """Retry a webhook delivery that has failed for good

    It is `pending` again and begins anew with no attempts, with the same body and the same event id.
    """
    row, now = await _delivery(call), call.services.clock.now()
    if not await call.read(deliveries.again, call.tenant, row["endpoint_id"], row["id"], now):
        raise Conflict(
            f"This delivery is {row['status']}. Only one that has failed for good, and whose body was not erased, can "
            "be retried.",
            code="DELIVERY_NOT_FAILED",
        )
    call.services[COURIER].due(call.tenant, [row["endpoint_id"]])
    found = await _delivery(call)
    return Answer(delivery_resource(found, call.services.store.keyring.application_key))


def _must_be_sent_to(call: Call, url: str) -> None:
    if (problem := call.services[COURIER].poster.problem_with(url)) is not None:
        raise Invalid({"url": [problem]})


def _in_order(events: Sequence[Told]) -> tuple[Told, ...]:
    return tuple(sorted(set(events), key=_ORDER.index))


def _made(events: Sequence[Event], secret: str) -> Answer:
    made = next(each for each in events if isinstance(each, cmd.EndpointCreated))
    endpoint = Endpoint(made.endpoint_id, made.url, made.events, made.created_at, made.is_active, made.description)
    return Answer({**endpoint_resource(endpoint), "secret": secret}, status=201)


async def _endpoint(call: Call) -> Endpoint:
    return endpoint_of(await call.services.bus.workspace(call.tenant), call.params["endpoint"])


async def _delivery(call: Call) -> Any:
    row = await call.read(deliveries.one, call.tenant, call.params["delivery"])
    if row is None:
        raise NotFound("webhook delivery")
    return row


def _result(call: Call, id_: int, said: Said) -> tuple[Any, ...]:
    seal, status = call.services.store.keyring.application_key, "delivered" if said.taken else "failed"
    answer = seal.seal(said.answer, answer_belongs(call.tenant, id_)) if said.answer else None
    return status, said.status, answer, said.duration_ms, said.error, call.services.clock.now()
