"""A workspace with one of everything, and a body for every route: what tests over all routes stand on.

A new route needs nothing here as long as what its path names is made by a POST on the path before the parameter, and
its body is one that `example` can make of the JSON schema. Otherwise it gets a line in `MADE` or in `BODIES`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import trio
from PIL import Image
from tests.harness import PASSWORD, Json
from tests.http import people
from tests.http.chat import Chat
from tests.http.tables import Tables
from tests.http.webhooks import CUSTOMER

from plixa import features
from plixa.actors.billing.commands import KeepCustomer, SeeSubscriptions
from plixa.actors.billing.state import Invoice
from plixa.actors.scheduling.commands import JoinWaitlist
from plixa.actors.scheduling.events import WaitlistJoined
from plixa.compose import Node
from plixa.engine.ports import Address
from plixa.http.api import Route, auth
from plixa.http.api.limits import Limits
from plixa.storage.staff import admins

ROUTES = features.routes()
NOTHING = 987_654_321
"""An id of nothing."""
STAFF = "staff@plixa.example"
SLUG = "of-the-house"
_numbers = count(1)


# -- bodies -----------------------------------------------------------------------------------------------------------


def _picture() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "navy").save(file, "PNG")
    return file.getvalue()


PICTURE = ("a.png", _picture(), "image/png")
PUSH_KEYS = {  # those of the example in RFC 8291
    "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
    "auth": "BTBZMqHH6r4Tts7J_aSIgg",
}
FILES = {"POST /v1/contacts/import": ("a.csv", b"phone,name\n5511900000001,Lia\n", "text/csv")}
"""The file of a form, where a picture will not do."""
FIELDS: dict[str, Callable[[], Any]] = {
    "abilities": lambda: ["read"],
    "close": lambda: "18:00",
    "code": lambda: "123456",
    "color": lambda: "#aabbcc",
    "contact_phone": lambda: f"55119{next(_numbers):08}",
    "country_code": lambda: "BR",
    "currency": lambda: "BRL",
    "current_password": lambda: PASSWORD,
    "email": lambda: f"somebody{next(_numbers)}@plixa.example",
    "name": lambda: f"oi {next(_numbers)}",
    "open": lambda: "09:00",
    "password": lambda: PASSWORD,
    "password_confirmation": lambda: PASSWORD,
    "phone": lambda: "5511987650001",
    "timezone": lambda: "America/Sao_Paulo",
    "token": lambda: "x" * 40,
}
"""What to send in fields of these names; other fields are made from their schema."""
TO_ONE: Json = {"body": "oi", "recipients": [{"phone": "5511987650001"}]}
BODIES: dict[str, Callable[[House], Json]] = {
    "POST /v1/admin/auth/login": lambda _: {"email": STAFF, "password": PASSWORD},
    "POST /v1/admin/support/tickets/{ticket}/messages": lambda _: {"body": "oi"},
    "POST /v1/admin/tenants/{tenant_id}/license": lambda _: {"plan_key": "business"},
    "POST /v1/admin/campaigns": lambda _: {
        "subject": "oi",
        "body": "oi",
        "audience": {},
        "scheduled_at": "2099-01-02T03:04:05Z",
    },
    "PUT /v1/admin/support/tickets/{ticket}/tags": lambda house: {"tag_ids": [house.ids["tags"]]},
    "POST /v1/ai/preview": lambda _: {"prompt": "Padaria", "message": "oi"},
    "POST /v1/auth/2fa-challenge": lambda _: {"code": "123456"},
    "POST /v1/auth/login": lambda house: {"email": house.chat.workspace.email, "password": PASSWORD},
    "POST /v1/auto-assignment-rules": lambda _: {
        "priority": 1,
        "condition_type": "always",
        "action_type": "round_robin",
    },
    "POST /v1/broadcasts": lambda _: {**TO_ONE, "name": "oi", "scheduled_at": "2099-01-02T03:04:05Z"},
    "POST /v1/broadcasts/preview": lambda _: TO_ONE,
    "POST /v1/contacts/{contact}/merge": lambda house: {"from_id": house.ids["other contact"]},
    "POST /v1/contacts/{contact}/unmerge": lambda _: {"merge_id": NOTHING},
    "PUT /v1/contacts/{contact}/custom-fields": lambda house: {
        "values": {str(house.ids["custom-field-definitions"]): "oi"}
    },
    "POST /v1/conversations/bulk": lambda house: {"action": "close", "ids": [house.ids["conversations"]]},
    "POST /v1/conversations/{conversation}/merge": lambda house: {"from_id": house.ids["other conversation"]},
    "POST /v1/conversations/{conversation}/flow": lambda house: {"flow_id": house.ids["flows"]},
    "POST /v1/flows": lambda _: {"name": f"oi {next(_numbers)}", "template": "reception"},
    "POST /v1/flows/{flow}/ai-build": lambda _: {"history": [{"role": "user", "content": "create a reception menu"}]},
    "POST /v1/flows/{flow}/simulate": lambda _: {"steps": [{"say": "oi"}]},
    "POST /v1/scheduling/appointments": lambda house: {
        "service_id": house.ids["services"],
        "start": "2098-01-02T03:04:00Z",
    },
    "POST /v1/scheduling/closures": lambda _: {"date": f"{2100 + next(_numbers)}-01-02"},  # each closed once
    "POST /v1/webhook-endpoints": lambda _: {"url": "http://127.0.0.1:9/hook", "events": ["conversation.deleted"]},
    "POST /v1/webhook-endpoints/{endpoint}/replay": lambda _: {"after": 0},
    "POST /v1/push/subscriptions": lambda _: {"endpoint": "https://push.example/x", "keys": PUSH_KEYS},
    "POST /v1/admin/push/subscriptions": lambda _: {"endpoint": "https://push.example/x", "keys": PUSH_KEYS},
}
"""Bodies that hang together, or name what is there."""


QUERIES: dict[str, Callable[[House], Json]] = {
    "GET /v1/scheduling/availability": lambda house: {"service_id": house.ids["services"]},
}
"""Queries that name what is there."""


def body(route: Route, house: House) -> Json:
    """A body that the route takes, as arguments of httpx."""
    if route.body is None:
        return {}
    made: Any = BODIES[route.key](house) if route.key in BODIES else example(route.body.model_json_schema())
    return {"data": made, "files": {route.file: FILES.get(route.key, PICTURE)}} if route.form else {"json": made}


def query(route: Route) -> Json:
    """What must be in a route's query."""
    made: Json = example(route.query.model_json_schema()) if route.query is not None else {}
    return made


def example(schema: Json, whole: Json | None = None, name: str = "") -> Any:
    """The least that a JSON schema takes."""
    whole = whole or schema
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    if name in FIELDS:
        return FIELDS[name]()
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return example(schema[choice][0], whole)
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    return _of_type(schema, whole)


def _of_type(schema: Json, whole: Json) -> Any:
    match schema.get("type"):
        case "object":
            wanted, known = schema.get("required", ()), schema.get("properties", {})
            return {each: example(known[each], whole, each) for each in wanted}
        case "array":
            return [example(schema["items"], whole)] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case _:
            formats = {"date-time": "2099-01-02T03:04:05Z", "date": "2099-01-02", "uri": "https://plixa.example/"}
            return formats.get(schema.get("format", ""), "oi")


# -- the house --------------------------------------------------------------------------------------------------------


@dataclass
class House:
    """A workspace with everything that a path can name. `ids`: by the part of the path that comes before the id."""

    node: Node
    chat: Chat
    ids: dict[str, int] = field(default_factory=dict)

    @property
    def client(self) -> httpx.AsyncClient:
        """The owner's."""
        return self.chat.workspace.client

    def path(self, route: Route, id_: object = None) -> str:
        """A route's path with the ids of this house, or with this one in all places."""

        def found(match: re.Match[str]) -> str:
            return f"{match[1]}/{self.ids.get(match[1], NOTHING) if id_ is None else id_}"

        return re.sub(r"([\w-]+)/{\w+}", found, route.path.replace("{slug}", SLUG if id_ is None else str(id_)))

    async def call(self, route: Route, bearer: str | None = None, **arguments: Any) -> httpx.Response:
        """Call a route with a good body, or with these arguments. `bearer`: not as the owner; "" as nobody."""
        arguments = arguments or body(route, self)
        headers = {"Authorization": bearer} if bearer is not None else {}
        path = arguments.pop("path", None) or self.path(route)
        headers |= arguments.pop("headers", {})
        arguments = {"params": self.query(route), "headers": headers, **arguments}
        return await self.client.request(route.method, path, **arguments)

    def query(self, route: Route) -> Json:
        """What must be in a route's query, of this house."""
        return {**query(route), **(QUERIES[route.key](self) if route.key in QUERIES else {})}

    async def post(self, path: str, json: Json | None = None) -> int:
        """Make something; returns its id."""
        return int((await self.chat.workspace.post(path, json or {}))["id"])

    async def staff(self, email: str = STAFF, *, manage: bool = True) -> str:
        """The Authorization header of somebody of Plixa's staff."""
        database = self.node.services.database
        hashed = await auth.hash_password(PASSWORD)
        await database.run(admins.add_admin, email, "Rita", hashed, manage=manage)
        made = await self.chat.workspace.post("/v1/admin/auth/login", {"email": email, "password": PASSWORD})
        return f"Bearer {made['token']}"

    async def stepped_in(self, email: str, mode: str) -> str:
        """The Authorization header of somebody of staff who acts as the owner."""
        path = f"/v1/admin/tenants/{self.chat.workspace.tenant}/impersonate"
        sent = {"reason": "a ticket", "mode": mode}
        answer = await self.client.post(path, json=sent, headers={"Authorization": await self.staff(email)})
        assert answer.status_code == 200, answer.text
        return f"Bearer {answer.json()['data']['token']}"


MADE: dict[str, Callable[[House], Awaitable[Any]]] = {
    "appointments": lambda house: _appointment(house),
    "waitlist": lambda house: _waiting(house),
    "at": lambda house: _head(house),
    "attachments": lambda house: _attachment(house),
    "changes": lambda _: _nothing(),
    "images": lambda house: _logo(house),
    "imports": lambda house: _import(house),
    "invoices": lambda house: _invoice(house),
    "payments": lambda _: _nothing(),
    "members": lambda house: _member(house),
    "providers": lambda house: _member(house),
    "replays": lambda house: _replay(house),
    "sessions": lambda house: _session(house),
    "tenants": lambda house: _tenant(house),
    "webhook-deliveries": lambda house: _delivery(house),
    "scheduled-messages": lambda house: house.post(
        f"/v1/conversations/{house.ids['conversations']}/scheduled-messages",
        {"body": "oi", "send_at": "2099-01-02T03:04:05Z", "only_if_silent": False},
    ),
}
"""What is not made by a POST on the path before its id."""


async def furnish(node: Node, chat: Chat) -> House:
    """One of everything, and no limit on how often. The conversation has a message with a file, and is the owner's."""
    node.services.limits = Limits(enabled=False)
    message = await chat.written(type="image")
    await chat.inbox.until(lambda: any(event["type"] == "media.stored" for event in chat.inbox.events))
    await chat.change(message["conversation_id"], assigned_user_id=chat.workspace.user_id)
    house = House(node, chat)
    house.ids |= {"conversations": message["conversation_id"], "messages": message["id"]}
    house.ids |= {"phone-instances": chat.number.id}
    await _make_all(house)
    await house.client.post(f"/v1/contacts/{house.ids['contacts']}/labels/{house.ids['labels']}")
    house.ids["other contact"] = await house.post("/v1/contacts", {"contact_phone": CUSTOMER + "9"})
    house.ids["other conversation"] = await _twin(house)
    assert (await house.client.post(f"/v1/flows/{house.ids['flows']}/publish")).status_code == 200
    article = {"title": "oi", "body": "oi", "slug": SLUG, "is_published": True}
    bearer = {"Authorization": await house.staff("writer@plixa.example")}
    assert (await house.client.post("/v1/admin/kb/articles", json=article, headers=bearer)).status_code == 201
    await _quiet(node)
    return house


async def _twin(house: House) -> int:
    """Another conversation of the same contact."""
    id_ = int((await house.chat.written(phone=CUSTOMER + "8"))["conversation_id"])
    contact, other = (house.chat.inbox.conversations[each]["contact_id"] for each in (house.ids["conversations"], id_))
    await house.chat.workspace.post(f"/v1/contacts/{contact}/merge", {"from_id": other})
    return id_


async def _quiet(node: Node) -> None:
    """Wait until nothing is under way any more: imports, mails, a number that is being linked."""
    under_way = """
        select 1 from outbox where state in ('queued', 'attempting')
        union all select 1 from numbers where status <> 'connected' limit 1
    """
    with trio.fail_after(15):
        while await Tables(node.services.database).rows(under_way):  # noqa: ASYNC110  # rows have no event
            await trio.sleep(0.05)


async def _make_all(house: House) -> None:
    """Whatever a path names that is not there yet."""
    posts = {route.path: route for route in ROUTES if route.method == "POST" and route.who != "public"}
    staff = await house.staff("furnisher@plixa.example")
    for before, named in named_in_paths():
        if named in house.ids:
            continue
        if named in MADE:
            house.ids[named] = await MADE[named](house)
        elif (post := posts.get(f"{before}{named}")) is not None and post.status == 201:
            answer = await house.call(post, staff if post.who == "admin" else None)
            assert answer.status_code == 201, f"{post.key}: {answer.text}"
            house.ids[named] = answer.json()["data"]["id"]


def named_in_paths() -> list[tuple[str, str]]:
    """All that paths name by an id: what comes before, and the part that says what it is."""
    found = (re.findall(r"(.*/)([\w-]+)/{\w+}", path) for path in _prefixes())
    return list(dict.fromkeys(each for matches in found for each in matches))


def _prefixes() -> list[str]:
    """Every path, cut after each of its ids; the shortest first."""
    cuts = {route.path[: match.end()] for route in ROUTES for match in re.finditer(r"{\w+}", route.path)}
    return sorted(cuts, key=lambda path: (path.count("/"), path))


async def _appointment(house: House) -> int:
    """Of a service that nobody in particular provides, so that it can be booked any number of times."""
    house.ids["services"] = await house.post("/v1/scheduling/services", {"name": "Corte", "duration_minutes": 30})
    return await house.post("/v1/scheduling/appointments", BODIES["POST /v1/scheduling/appointments"](house))


async def _waiting(house: House) -> int:
    """Somebody who waits: only the chat lets them."""
    command = JoinWaitlist(service_id=house.ids["services"], contact_id=house.ids["contacts"])
    outcome = await house.node.services.bus.ask(
        Address(house.chat.workspace.tenant, "agenda", 1), command, actor="system", cause="test"
    )
    return outcome.first(WaitlistJoined).entry.id


async def _head(house: House) -> int:
    return int((await house.chat.workspace.get("/v1/conversations"))["meta"]["head"])


async def _import(house: House) -> int:
    answer = await house.client.post("/v1/contacts/import", files={"file": FILES["POST /v1/contacts/import"]})
    return int(answer.json()["data"]["id"])


async def _logo(house: House) -> str:
    answer = await house.client.post("/v1/workspace-config/logo", files={"logo": PICTURE})
    return str(answer.json()["data"]["logo_url"].rpartition("/")[2])


async def _nothing() -> int:
    return NOTHING


async def _invoice(house: House) -> int:
    """An invoice, as a read of Stripe would have found it."""
    tenant, at = house.chat.workspace.tenant, house.node.services.clock.now()
    bill = Invoice(id="in_1", status="paid", amount=1, currency="BRL", period_start=at, period_end=at)
    for command in (
        KeepCustomer(customer=f"cus_{tenant}", generation=0),
        SeeSubscriptions(customer=f"cus_{tenant}", subscriptions=(), invoices=(bill,)),
    ):
        await house.node.services.bus.ask(Address(tenant, "workspace", tenant), command, actor="system", cause="test")
    return int((await house.chat.workspace.get("/v1/billing/invoices"))["data"][0]["id"])


async def _member(house: House) -> int:
    return (await people.agent(house.node, house.chat.workspace)).user_id


async def _attachment(house: House) -> int:
    """A file of the ticket, in a message."""
    answer = await house.client.post("/v1/support/attachments", files={"file": PICTURE})
    id_ = int(answer.json()["data"]["id"])
    await house.chat.workspace.post(
        f"/v1/support/tickets/{house.ids['tickets']}/messages", {"body": "oi", "attachments": [id_]}
    )
    return id_


async def _replay(house: House) -> int:
    """A conversation that staff may look at by the ticket."""
    conversation = house.ids["conversations"]
    await house.chat.workspace.put(f"/v1/support/tickets/{house.ids['tickets']}/replays/{conversation}", {})
    return conversation


async def _tenant(house: House) -> int:
    return house.chat.workspace.tenant


async def _delivery(house: House) -> int:
    path = "/v1/webhook-endpoints"
    house.ids["webhook-endpoints"] = id_ = await house.post(path, BODIES[f"POST {path}"](house))
    return await house.post(f"{path}/{id_}/test")


async def _session(house: House) -> int:
    bearer = await people.token(house.node, house.chat.workspace, ["*"])
    return int(bearer.removeprefix("Bearer ").partition("|")[0])
