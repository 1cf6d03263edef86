"""Browsers that want to be told: their subscriptions, of members and of Plixa's own staff."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, cast

from pydantic import Field, StringConstraints
from typing_extensions import TypedDict

from plixa.actors.fields import Text
from plixa.http.api import Answer, Call, route
from plixa.http.api.fields import Body
from plixa.http.notifications.pushing import PUSH, PUSHING, Ask
from plixa.http.notifications.webpush.subscription import Subscription, check

TAG = "Push notifications"
PATH, ADMIN_PATH = "/v1/push/subscriptions", "/v1/admin/push/subscriptions"
BODY = 8 * 1024
Endpoint = Annotated[Text, StringConstraints(min_length=1, max_length=2048)]
Key = Annotated[Text, StringConstraints(min_length=1, max_length=256)]


class Keys(Body):
    """As `PushSubscription.toJSON()` gives them: base64url."""

    p256dh: Key
    auth: Key


class Subscribe(Body):
    """What `PushSubscription.toJSON()` gave in the browser."""

    endpoint: Endpoint
    keys: Keys = Field(default=cast("Keys", {}), validate_default=True)  # absent: both of its fields are missing
    content_encoding: Annotated[Text, StringConstraints(max_length=32)] | None = None


class SubscribeStaff(Subscribe):
    """`locale`: the language that this browser shows the back office in."""

    locale: Literal["en", "pt-BR", "es"] | None = None


class Unsubscribe(Body):
    endpoint: Endpoint


class Subscribed(TypedDict):
    endpoint: str
    content_encoding: str | None
    updated_at: datetime


class PublicKey(TypedDict):
    public_key: str


@route("GET", "/v1/push/vapid-public-key", tag=TAG, answer=PublicKey)
async def vapid_public_key(call: Call) -> Answer:
    """Get the key for `applicationServerKey`

    The uncompressed point on P-256 in base64url. It stays the same for as long as subscriptions shall live.
    """
    return Answer({"public_key": call.services[PUSH].public_key})


@route(
    "POST", PATH, tag=TAG, ability="panel", body=Subscribe, answer=Subscribed, status=201, also=(200,), max_body=BODY
)
async def subscribe(call: Call) -> Answer:
    """Register or refresh a push subscription

    One a browser: registering an endpoint again replaces its keys, and answers 200 instead of 201. Notifications come
    as JSON, `{title, body, conversation_id}`, when a customer writes in a conversation that is mine or nobody's.
    """
    return await _subscribe(call)


@route("DELETE", PATH, tag=TAG, ability="panel", body=Unsubscribe, status=204, max_body=BODY)
async def unsubscribe(call: Call) -> Answer:
    """Remove a push subscription

    Where there is none with this endpoint, nothing changes.
    """
    return await _unsubscribe(call)


@route(
    "POST",
    ADMIN_PATH,
    tag=TAG,
    who="admin",
    ability="panel",
    body=SubscribeStaff,
    answer=Subscribed,
    status=201,
    also=(200,),
    max_body=BODY,
    act="staff.push_wanted",
)
async def subscribe_staff(call: Call) -> Answer:
    """Register or refresh a push subscription of the staff

    As for members. Notifications are `{title, body, ticket_id}`, when a member opens a ticket or writes in one that is
    mine or nobody's.
    """
    return await _subscribe(call)


@route(
    "DELETE",
    ADMIN_PATH,
    tag=TAG,
    who="admin",
    ability="panel",
    body=Unsubscribe,
    status=204,
    max_body=BODY,
    act="staff.push_unwanted",
)
async def unsubscribe_staff(call: Call) -> Answer:
    """Remove a push subscription of the staff

    Where there is none with this endpoint, nothing changes.
    """
    return await _unsubscribe(call)


async def _subscribe(call: Call) -> Answer:
    body: Subscribe = call.body
    locale = body.locale if isinstance(body, SubscribeStaff) else None
    subscription = Subscription(body.endpoint, body.keys.p256dh, body.keys.auth, body.content_encoding, locale)
    check(subscription, allow_loopback=call.services[PUSH].allow_loopback)
    made = await call.services[PUSHING].subscribe(call.tenant, call.caller.user_id, subscription, _asking(call))
    shown = {"endpoint": body.endpoint, "content_encoding": body.content_encoding}
    return Answer({**shown, "updated_at": call.services.clock.now()}, status=201 if made else 200)


async def _unsubscribe(call: Call) -> Answer:
    await call.services[PUSHING].unsubscribe(call.tenant, call.caller.user_id, call.body.endpoint, _asking(call))
    return Answer(status=204)


def _asking(call: Call) -> Ask:
    return lambda command: call.ask("workspace", call.tenant, command)
