"""A file that a flow names by its address goes out as a file, or says why it did not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from tests.clients.far_end import Asked, Certificates, FarEnd, Reply, open_far_end
from tests.clients.webpush.test_safe_http import Names
from tests.harness import Json
from tests.http.chat import Chat
from tests.http.test_flows import live, until
from tests.http.webhooks import CUSTOMER

from plixa.compose import Node
from plixa.http.clients.objects.errors import StorageDown
from plixa.http.clients.safe_http import safe_client
from plixa.http.conversation.parts import MEDIA
from plixa.http.simulator import samples
from plixa.http.whatsapp import links
from plixa.http.whatsapp.parts import LINKS

PHOTO = samples.photo()


async def _script(asked: Asked) -> Reply:
    match asked.target:
        case "/menu.jpg":
            return Reply(200, PHOTO)
        case "/page.jpg":
            return Reply(200, b"<html>not a picture</html>")
        case "/away.jpg":
            return Reply(503)
        case _:
            return Reply(404)


@pytest.fixture
async def far_end(
    nursery: trio.Nursery, node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FarEnd]:
    """Where the flows' files are: `files.example`, which only this node's client knows."""
    certificates = Certificates(tmp_path, "files.example")
    far_end = await open_far_end(nursery, _script, certificates.server())
    monkeypatch.setattr(links, "PAUSE", 0.0)
    names = Names(files="127.0.0.1", inside="10.0.0.1")
    async with safe_client(allow_loopback=True, resolve=names, tls=certificates.client()) as client:
        monkeypatch.setattr(node.services[LINKS], "_client", client)
        yield far_end


def _flow(url: str) -> Json:
    media = {"kind": "image", "url": url}
    return {
        "nodes": [
            {"id": "s", "type": "start", "data": {"trigger": "first_message"}},
            {"id": "m", "type": "message", "data": {"text": "O cardápio:", "media": media}},
            {"id": "e", "type": "end", "data": {"text": "Bom apetite!"}},
        ],
        "edges": [{"id": "1", "source": "s", "target": "m"}, {"id": "2", "source": "m", "target": "e"}],
    }


async def _file(chat: Chat, conversation_id: int, *statuses: str) -> Json:
    async def found() -> Json | None:
        listed = (await chat.workspace.get(f"/v1/conversations/{conversation_id}/messages"))["data"]
        return next((each for each in listed if each["type"] == "image" and each["status"] in statuses), None)

    message: Json = await until(found, f"a file that is {statuses[0]}")
    return message


async def _on_screen(chat: Chat, text: str) -> bool:
    return text in await chat.screen()


async def test_it_goes_out_as_a_file_and_the_house_sees_it(chat: Chat, far_end: FarEnd) -> None:
    await live(chat, _flow(f"https://files.example:{far_end.port}/menu.jpg"))
    id_ = (await chat.written("oi"))["conversation_id"]
    message = await _file(chat, id_, "sent", "delivered", "read")
    assert message["media"]["file_name"] == "menu.jpg"
    assert "O cardápio:\n\nBom apetite!" in await chat.screen()

    async def ours() -> tuple[bytes, str] | None:
        """An echo may tell that it went out before the gateway's answer does, with which it is kept."""
        answer = await chat.workspace.client.get(f"/v1/conversations/{id_}/messages/{message['id']}/media")
        return (answer.content, answer.headers["content-type"]) if answer.is_success else None

    assert await until(ours, "the file that went out") == (PHOTO, "image/jpeg")
    assert [asked.target for asked in far_end.asked] == ["/menu.jpg"]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("files.example:{port}/page.jpg", "not of the kind image"),
        ("files.example:{port}/none.jpg", "status 404"),
        ("files.example:{port}/away.jpg", "status 503"),
        ("inside.example/menu.jpg", "leads into a private network"),
    ],
)
async def test_one_that_cannot_be_had_fails_with_the_reason_and_holds_nothing_up(
    chat: Chat, far_end: FarEnd, path: str, why: str
) -> None:
    await live(chat, _flow(f"https://{path.format(port=far_end.port)}"))
    id_ = (await chat.written("oi"))["conversation_id"]
    assert why in (await _file(chat, id_, "failed"))["error"]
    assert "O cardápio:\n\nBom apetite!" in await chat.screen()
    await chat.answer(id_, "e aqui sou eu")
    await until(lambda: _on_screen(chat, "e aqui sou eu"), "what was said after it")


async def test_one_that_went_out_and_could_not_be_kept_does_not_go_out_again(
    chat: Chat, far_end: FarEnd, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trouble with our own storage says nothing of what the customer has on their screen."""

    async def down(*_: object) -> str:
        raise StorageDown("The bucket does not answer.")

    monkeypatch.setattr(node.services[MEDIA], "put", down)
    await live(chat, _flow(f"https://files.example:{far_end.port}/menu.jpg"))
    id_ = (await chat.written("oi"))["conversation_id"]
    await _file(chat, id_, "sent", "delivered", "read")
    await chat.answer(id_, "e aqui sou eu")
    await until(lambda: _on_screen(chat, "e aqui sou eu"), "what was said after it")
    assert (await chat.screen()).count("O cardápio:\n\nBom apetite!") == 1
    assert [asked.target for asked in far_end.asked] == ["/menu.jpg"]


async def test_a_file_of_ours_that_cannot_be_had_is_tried_again_and_delays_no_other_message(
    chat: Chat, node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The number's pace goes on: only this conversation's own lane waits."""
    id_ = (await chat.written("oi"))["conversation_id"]
    other = (await chat.written("oi", phone=f"{CUSTOMER}8"))["conversation_id"]
    get, times = node.services[MEDIA].get, list[int]()

    async def down_once(tenant: int, name: str) -> bytes | None:
        times.append(1)
        if len(times) == 1:
            raise StorageDown("The bucket does not answer.")
        return await get(tenant, name)

    monkeypatch.setattr(node.services[MEDIA], "get", down_once)
    files = {"file": ("a.jpg", PHOTO, "image/jpeg")}
    sent = await chat.workspace.client.post(f"/v1/conversations/{id_}/media-messages", files=files)
    assert sent.status_code == 201, sent.text
    with trio.fail_after(10):
        while not times:  # noqa: ASYNC110
            await trio.sleep(0.02)
    (pace,) = [each for (_, name), each in node.effects._paces.items() if name.startswith("number-")]
    assert pace.trouble == 0
    said = await chat.answer(other, "já vai")
    await chat.ticked(said["id"], "sent")
    await _file(chat, id_, "sent", "delivered", "read")
    assert len(times) > 1
