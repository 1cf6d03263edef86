"""Finding what was written: by its words, whatever their accents, case and punctuation."""

from __future__ import annotations

from tests.harness import Workspace
from tests.http.chat import Chat
from tests.http.webhooks import edit

WRITTEN = "Coração, o BOLO de 45,90 (ou R$ 1.234,56?) vai para maria@padaria.com, tel. 93000-0001, no dia 2026-05-25."


async def _found(chat: Chat, q: str) -> list[str]:
    return [message["body"] for message in (await chat.workspace.get("/v1/messages/search", q=q))["data"]]


async def test_a_message_is_found_by_any_part_of_it(chat: Chat) -> None:
    await chat.written(WRITTEN)
    await chat.written("Outra coisa: 45 bolos")
    hits = (
        *(
            "coracao",
            "CORAÇÃO",
            "bolo 45,90",
            "45.90",
            "1.234,56",
            "maria@padaria.com",
            "padaria",
            "0001",
            "93000-0001",
        ),
        *("2026-05-25", "05-25", "mari", "bolo coraç", "dia 2026"),
    )
    for q in hits:
        assert await _found(chat, q) == [WRITTEN], q
    for q in ("bola", "46", "adaria", "maria jose"):
        assert await _found(chat, q) == [], q


async def test_an_edited_message_is_found_by_what_it_says_now(chat: Chat) -> None:
    message = await chat.written("Quero um bolo")
    await chat.post(edit(chat.number, message["evolution_message_id"], "Quero uma torta"))
    await chat.inbox.until(lambda: chat.inbox.messages[message["id"]]["body"] == "Quero uma torta")
    assert await _found(chat, "bolo") == []
    assert await _found(chat, "torta") == ["Quero uma torta"]


async def test_a_word_without_end_is_looked_for_by_its_beginning(chat: Chat) -> None:
    endless = "\u3316"  # each is six letters of three bytes, once it is folded
    await chat.written("outra coisa")
    await chat.written(endless * 100)
    assert await _found(chat, endless * 200) == [endless * 100]
    assert await _found(chat, f"{endless * 150} {endless}") == [endless * 100]


async def test_the_newest_come_first_page_by_page(chat: Chat, neighbour: Workspace) -> None:
    for number in range(5):
        await chat.written(f"pedido {number}")
    first = await chat.workspace.get("/v1/messages/search", q="pedido", limit=3)
    rest = await chat.workspace.get("/v1/messages/search", q="pedido", limit=3, cursor=first["meta"]["next_cursor"])
    bodies = [message["body"] for page in (first, rest) for message in page["data"]]
    assert bodies == [f"pedido {number}" for number in (4, 3, 2, 1, 0)]
    assert rest["meta"]["next_cursor"] is None
    assert (await neighbour.get("/v1/messages/search", q="pedido"))["data"] == []


async def test_what_is_asked_is_words_and_never_a_query(chat: Chat) -> None:
    await chat.written("nada disso")
    for q in ("!", "&|", "' or 1=1", "a:* & !b", "<-> (", "\\", "tenant", "#1", "1"):
        answer = await chat.workspace.client.get("/v1/messages/search", params={"q": q})
        assert answer.status_code == (422 if not any(map(str.isalnum, q)) else 200), q
        assert answer.status_code == 422 or answer.json()["data"] == [], q


NAMES = {
    "5511987650001": ("Łukasz Søren Đorđe Işık", ("lukasz", "soren", "dorde", "isik", "ŁUKASZ")),
    "5511987650002": ("João d'Ávila", ("davila", "d'avila", "d’Ávila", "avila", "DAVILA")),
    "5511987650003": ("Ma\u200bria\u2060na", ("mariana", "mari")),
    "5511987650004": ("山田太郎", ("山田", "太郎", "田太")),
    "5511987650005": ("김민준", ("민준", "김")),
}


async def test_names_are_found_in_every_script(chat: Chat) -> None:
    for phone, (name, _) in NAMES.items():
        await chat.workspace.post("/v1/contacts", {"contact_phone": phone, "contact_name": name})
        await chat.written("oi", phone=phone)
    for phone, (_, sought) in NAMES.items():
        for q in sought:
            for path in ("/v1/contacts", "/v1/conversations"):
                found = (await chat.workspace.get(path, q=q))["data"]
                assert [each["contact_phone"] for each in found] == [phone], (path, q)


async def test_words_are_found_in_every_script(chat: Chat) -> None:
    texts = {
        "Łódź é longe": ("lodz", "łódź"),
        "na Rua d'Ávila, 3": ("davila", "rua avila", "d'Ávila"),
        "bo\u200blo": ("bolo",),
        "明日の朝八時に東京駅で会いましょう": ("東京駅", "八時に東京", "朝八時に東京駅で会いま"),
        "พรุ่งนี้เจอกัน": ("เจอกัน",),
    }
    for text in texts:
        await chat.written(text)
    for text, sought in texts.items():
        for q in sought:
            assert await _found(chat, q) == [text], q
