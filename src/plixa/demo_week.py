"""The week before the demo's first day: conversations, labels, ratings, appointments, so that no list is empty.

Customers and the bakery's own phone write through the simulated gateway, with the times of the week; labels, ratings
and appointments are made through the API as anybody would. It is made beside the running server, and may be cut at any
step: messages have ids of their own, and what was not finished is gone through again at the next start.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import structlog
import trio

from plixa.demo import EMAIL, PASSWORD
from plixa.http.clients.tls import trusted

log = structlog.get_logger()
WITHIN = 180.0
"""Seconds for the number to be paired and for messages to arrive."""
ROUND = 5.0
"""Seconds for one line of each conversation."""
LAST = {"label": "Entrega", "body": "Oi {{first_name}}, entregamos em casa das 9h às 18h, em até 5 km, por R$ 8."}
REPLIES: tuple[dict[str, str], ...] = (
    {"label": "Aberto", "body": "Oi {{first_name}}! Abrimos todos os dias, das 6h às 20h."},
    {"label": "Obrigada", "body": "Obrigada, {{first_name}}! Qualquer coisa, é só chamar. 🥖"},
    LAST,
)
"""The last one says that everything is there."""


@dataclass(frozen=True)
class Chat:
    """What was written with one customer: `<` from them, `>` from the bakery's phone. `days` ago, at `hour`."""

    phone: str
    name: str
    days: int
    hour: int
    lines: tuple[str, ...]
    label: str | None = None
    rating: str | None = None
    answered: str | None = None
    """What the owner answers from the panel."""


CHATS = (
    Chat(
        "5511987650001",
        "Helena Prado",
        6,
        9,
        (
            "< Bom dia! Fazem bolo sem glúten?",
            "> Fazemos, sim! De cenoura ou de laranja.",
            "< De laranja, para sábado.",
            "> Anotado, sábado às 10h.",
        ),
        "Encomenda",
        "5",
    ),
    Chat(
        "5511987650002",
        "Marcos Teixeira",
        5,
        11,
        (
            "< O pão de hoje veio queimado.",
            "> Poxa, Marcos, desculpe! Trocamos na hora.",
            "< Tudo bem, passo aí amanhã.",
        ),
        "Reclamação",
        "2",
    ),
    Chat(
        "5511987650003",
        "Dona Lurdes",
        5,
        16,
        ("< Boa tarde, querida. Guarda 6 pães para mim?", "> Guardados, Dona Lurdes! 😊", "< Deus te abençoe."),
        "Cliente fiel",
        "5",
    ),
    Chat(
        "5511987650004",
        "Rafael Nunes",
        4,
        10,
        (
            "< Vocês entregam na Vila Mariana?",
            "> Entregamos, a taxa é R$ 8.",
            "< Ótimo. Quero 30 salgados para quinta.",
            "> Combinado. Pix ou cartão?",
            "< Pix.",
        ),
        "Encomenda",
    ),
    Chat(
        "5511987650005",
        "Camila Rocha",
        3,
        14,
        ("< Oi! Quanto custa o bolo de chocolate?", "> O de 1 kg custa R$ 80.", "< Vou pensar, obrigada!"),
        None,
        "4",
    ),
    Chat(
        "5511987650006",
        "Escritório Lima & Sá",
        2,
        8,
        ("< Bom dia, precisamos de café da manhã para 12 pessoas na sexta.", "> Bom dia! Mandamos um orçamento hoje."),
        "Encomenda",
    ),
    Chat(
        "5511987650007",
        "Tiago Moreira",
        1,
        17,
        ("< Ainda tem sonho?", "> Temos 4, guardo para você?", "< Guarda 2!", "> Guardados."),
        None,
        None,
        "Tiago, seus sonhos estão no balcão. 🍩",
    ),
    Chat(
        "5511987650008",
        "Bia Fernandes",
        0,
        0,
        (
            "< Oi, consegue mudar minha entrega para sexta?",
            "> Deixa eu ver com a cozinha, já respondo.",
            "< Obrigada, fico no aguardo",
        ),
        "Encomenda",
    ),
)
HOURS = {-5: 10, -4: 15, -2: 11, -1: 16, 0: 15, 1: 10, 2: 14, 3: 11}
"""Days from today → the hour of a tasting."""


async def ensure_week(url: str, phone: str) -> None:
    """Make what is missing of it; trouble is logged and nobody's. url: the server's; phone: the simulator's."""
    async with (
        httpx.AsyncClient(base_url=url, timeout=30, trust_env=False) as api,
        httpx.AsyncClient(base_url=phone, timeout=30, trust_env=False, verify=trusted()) as phones,
    ):
        try:
            with trio.move_on_after(WITHIN):
                await _made(api, phones)
        except (httpx.HTTPError, LookupError, StopIteration) as error:
            log.warning("demo_week_unfinished", error=repr(error))


async def _made(api: httpx.AsyncClient, phones: httpx.AsyncClient) -> None:
    signed = await api.post("/v1/auth/login", json={"email": EMAIL, "password": PASSWORD})
    if not signed.is_success or "token" not in signed.json()["data"]:
        return  # it is somebody's own by now
    api.headers["Authorization"] = f"Bearer {signed.json()['data']['token']}"
    if LAST["label"] in {each["label"] for each in await _get(api, "/v1/saved-replies")}:
        return
    instance = await _until(lambda: _paired(api, phones))
    labels = {each["name"]: each["id"] for each in await _get(api, "/v1/labels")}
    now = datetime.now(UTC)
    for at in range(max(len(chat.lines) for chat in CHATS)):
        await _written(api, phones, instance, at, now)
    for chat in CHATS:
        await _kept(api, phones, instance, chat, labels)
    await _booked(api, now)
    known = {each["label"] for each in await _get(api, "/v1/saved-replies")}
    for reply in REPLIES:
        if reply["label"] not in known:
            (await api.post("/v1/saved-replies", json=reply)).raise_for_status()


async def _get(api: httpx.AsyncClient, path: str, **params: Any) -> list[Any]:
    answer = await api.get(path, params=params)
    found: list[Any] = answer.raise_for_status().json()["data"]
    return found


async def _until(look: Callable[[], Awaitable[Any]]) -> Any:
    """What a look finds, once it finds something."""
    while True:
        if found := await look():
            return found
        await trio.sleep(0.3)


async def _paired(api: httpx.AsyncClient, phones: httpx.AsyncClient) -> str | None:
    """The instance of the first number, once it is connected."""
    numbers = await _get(api, "/v1/phone-instances")
    if not any(each["status"] == "connected" for each in numbers):
        return None
    instances: list[dict[str, Any]] = (await phones.get("/sim/instances")).json()
    return next((str(each["name"]) for each in instances if each["state"] == "open"), None)


async def _written(api: httpx.AsyncClient, phones: httpx.AsyncClient, instance: str, at: int, now: datetime) -> None:
    """The line at this place of every conversation that has one: after the line before it, and before the next."""
    chats = [chat for chat in CHATS if at < len(chat.lines)]
    for chat in chats:
        begins = (now - timedelta(days=chat.days)).replace(hour=chat.hour + 3, minute=7)
        sent = (begins if chat.days else now - timedelta(minutes=25)) + timedelta(minutes=4 * at)
        line = chat.lines[at]
        body = {
            "text": line[2:],
            "name": chat.name,
            "from_me": line.startswith(">"),
            "timestamp": int(sent.timestamp()),
        }
        await _says(phones, instance, chat, f"{at:04}", body)

    async def arrived() -> bool:
        last = {each["contact_phone"]: each["last_message"]["body"] for each in await _listed(api)}
        return all(last.get(chat.phone) == chat.lines[at][2:] for chat in chats)

    with trio.move_on_after(ROUND):  # a flow that was faster has the last word
        await _until(arrived)


async def _listed(api: httpx.AsyncClient) -> list[Any]:
    return [each for each in await _get(api, "/v1/conversations", limit=100) if each["last_message"]]


async def _says(phones: httpx.AsyncClient, instance: str, chat: Chat, key: str, body: dict[str, Any]) -> None:
    whole = {"instance": instance, "id": f"DEMO{chat.phone[-4:]}{key}", **body}
    (await phones.post(f"/sim/customers/{chat.phone}/messages", json=whole)).raise_for_status()


async def _kept(
    api: httpx.AsyncClient, phones: httpx.AsyncClient, instance: str, chat: Chat, labels: dict[str, int]
) -> None:
    """What the business did with a conversation."""
    one = next(each for each in await _listed(api) if each["contact_phone"] == chat.phone)
    path = f"/v1/conversations/{one['id']}"
    if chat.label in labels:
        (await api.post(f"{path}/labels/{labels[chat.label]}")).raise_for_status()
    if chat.answered:
        (await api.post(f"{path}/messages", json={"body": chat.answered})).raise_for_status()
    await api.post(f"{path}/read")
    if chat.rating:
        (await api.patch(path, json={"status": "resolved"})).raise_for_status()
        await _says(phones, instance, chat, "RATE", {"text": chat.rating})


async def _booked(api: httpx.AsyncClient, now: datetime) -> None:
    """Tastings of the week, and of the days to come. What cannot be had is done without."""
    services, people = await _get(api, "/v1/scheduling/services"), await _get(api, "/v1/contacts")
    for at, (days, hour) in enumerate(HOURS.items()):
        start = f"{now + timedelta(days=days):%Y-%m-%d}T{hour:02}:00:00"
        body = {"service_id": services[0]["id"], "start": start, "contact_id": people[at % len(people)]["id"]}
        made = await api.post("/v1/scheduling/appointments", json=body)
        if made.is_success and days < 0:
            became = "no-show" if days == -4 else "complete"
            await api.post(f"/v1/scheduling/appointments/{made.json()['data']['id']}/{became}", json={})
