"""The client against a real server on a port of its own: what goes out, what comes of each answer, and of none.

The client closes first; a test that hangs is cut by the suite's time limit.
"""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
import trio
import trio.testing
from evolution_server import Gateway, Step, half_an_answer, hang_up, reply, silence, trickle

from plixa.actors.whatsapp.gateway import MessageSeen
from plixa.http.whatsapp.evolution import client as client_module, transport as transport_module
from plixa.http.whatsapp.evolution.client import EVENTS, EvolutionClient, Qr, ReadKey, Registration, Sent, events_for
from plixa.http.whatsapp.evolution.errors import (
    GatewayDown,
    GatewayError,
    GatewayNotFound,
    GatewayRefused,
    GatewayUnauthorized,
    GatewayUncertain,
    NameTaken,
    NotOnWhatsApp,
    TooLarge,
)
from plixa.http.whatsapp.evolution.transport import Transport

FIXTURES = Path(__file__).parents[2] / "fixtures" / "evolution"
NOW = datetime(2026, 1, 6, tzinfo=UTC)
LAST = "2038-01-19T03:14:07Z"
TO = "5511900004431"
SENT = {"key": {"remoteJid": "5511900004431@s.whatsapp.net", "fromMe": True, "id": "3EB0"}, "status": "PENDING"}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "_SEND", 0.1)
    monkeypatch.setattr(transport_module, "_SLACK", 0.1)


# Sends ---------------------------------------------------------------------------------------------------------------


async def test_a_text_goes_out_as_the_contract_says(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(reply(201, SENT))
    assert await client.send_text("acme 1/2", TO, "oi", quoted="3AF4") == Sent("3EB0", f"{TO}@s.whatsapp.net")
    (asked,) = gateway.asked
    assert (asked.method, asked.target) == ("POST", "/message/sendText/acme%201%2F2")
    assert asked.headers["apikey"] == "the-key"
    assert asked.body == {"number": TO, "text": "oi", "linkPreview": False, "quoted": {"key": {"id": "3AF4"}}}


async def test_half_an_emoji_does_not_stop_a_send(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(reply(201, SENT))
    await client.send_text("a", TO, "oi \ud83d")
    assert gateway.asked[0].body["text"] == "oi "


async def test_a_file_and_a_voice_note_go_out(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(reply(201, SENT), reply(201, SENT))
    await client.send_media("a", TO, "document", "AAAA", "application/pdf", "bill", caption="here")
    await client.send_audio("a", TO, "BBBB")
    document, audio = gateway.asked
    assert document.target == "/message/sendMedia/a"
    assert document.body == {
        "number": TO,
        "mediatype": "document",
        "media": "AAAA",
        "mimetype": "application/pdf",
        "fileName": "bill.pdf",  # without an extension the gateway makes the type "false"
        "caption": "here",
    }
    assert audio.target == "/message/sendWhatsAppAudio/a"
    assert audio.body == {"number": TO, "audio": "BBBB", "encoding": True}


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (reply(400, {"response": {"message": [{"exists": False, "jid": "x", "number": TO}]}}), NotOnWhatsApp),
        (reply(400, {"response": {"message": [["instance requires property"]]}}), GatewayRefused),
        (reply(401, {"response": {"message": "Unauthorized"}}), GatewayUnauthorized),
        (reply(404, {"response": {"message": ['The "a" instance does not exist']}}), GatewayNotFound),
        (reply(500, {"response": {"message": "Connection Closed"}}), GatewayDown),
        (reply(502, b"<html>bad gateway</html>"), GatewayUncertain),
        (reply(201, {"key": {}}), GatewayUncertain),
        (reply(201, b"<html>welcome</html>"), GatewayUncertain),
        (reply(201, b"null"), GatewayUncertain),
        (silence, GatewayUncertain),
        (hang_up, GatewayUncertain),
        (half_an_answer, GatewayUncertain),
        (trickle, GatewayUncertain),
    ],
)
@pytest.mark.usefixtures("impatient")
async def test_a_send_that_fails_says_whether_it_may_be_out(
    gateway: Gateway, client: EvolutionClient, step: Step, error: type[GatewayError]
) -> None:
    gateway.will(step)
    with pytest.raises(GatewayError) as caught:
        await client.send_text("a", TO, "oi")
    assert type(caught.value) is error
    with trio.fail_after(5):  # it may give up before a busy gateway has read it
        while not gateway.asked:  # noqa: ASYNC110  # once in a while
            await trio.sleep(0.01)
    assert len(gateway.asked) == 1  # nothing is tried twice here


async def test_no_connection_is_down_and_not_uncertain() -> None:
    (listener,) = await trio.open_tcp_listeners(0, host="127.0.0.1")
    port = listener.socket.getsockname()[1]
    await listener.aclose()
    async with EvolutionClient(f"http://127.0.0.1:{port}", "k") as client:
        with pytest.raises(GatewayDown):
            await client.send_text("a", TO, "oi")


@pytest.mark.usefixtures("impatient")
async def test_what_may_be_repeated_is_never_uncertain(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(hang_up, half_an_answer, reply(504, b""), reply(200, b"<html>"))
    for _ in range(4):
        with pytest.raises(GatewayDown):
            await client.mark_read("a", [ReadKey("1@s.whatsapp.net", "K")])


async def test_a_cancelled_send_leaves_a_client_that_works(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(silence, reply(201, SENT))
    with trio.move_on_after(0.1):
        await client.send_text("a", TO, "oi")
    assert (await client.send_text("a", TO, "oi")).key_id == "3EB0"


async def test_an_answer_too_long_to_read_leaves_a_send_open(gateway: Gateway) -> None:
    gateway.will(reply(201, SENT), reply(201, SENT))
    transport = Transport(gateway.url, "k")
    with pytest.raises(GatewayUncertain):
        await transport.ask("POST", "/x", once=True, limit=10)
    with pytest.raises(TooLarge):
        await transport.ask("POST", "/x", limit=10)
    await transport.aclose()


async def test_a_name_and_a_password_in_the_url_are_for_the_proxy_before_it(gateway: Gateway) -> None:
    gateway.will(reply(200, {}))
    transport = Transport(gateway.url.replace("://", "://door:k%40ey@"), "k")
    await transport.ask("GET", "/x")
    assert gateway.asked[0].headers["authorization"] == "Basic ZG9vcjprQGV5"  # door:k@ey
    await transport.aclose()


# Instances -----------------------------------------------------------------------------------------------------------


async def test_the_server_names_its_version(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(reply(200, {"status": 200, "version": "2.3.7"}), reply(200, {"hello": "world"}))
    assert (await client.server()).version == "2.3.7"
    with pytest.raises(GatewayDown, match="URL"):
        await client.server()


async def test_an_instance_is_made_with_its_webhook(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(reply(201, {"instance": {"instanceId": "7fd5"}, "hash": "A32E"}))
    assert await client.create_instance("acme", "https://hooks/x", "s3cret") == "7fd5"
    body = gateway.asked[0].body
    assert (body["instanceName"], body["integration"], body["qrcode"]) == ("acme", "WHATSAPP-BAILEYS", False)
    assert body["groupsIgnore"] is True
    assert body["webhook"] == {
        "url": "https://hooks/x",
        "byEvents": False,
        "base64": False,
        "headers": {"x-plixa-secret": "s3cret"},
        "events": list(EVENTS),
    }


async def test_a_taken_name_and_an_open_creation(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(reply(403, {"response": {"message": ['This name "acme" is already in use.']}}), hang_up)
    with pytest.raises(NameTaken):
        await client.create_instance("acme", "https://hooks/x", "s")
    with pytest.raises(GatewayUncertain):
        await client.create_instance("acme", "https://hooks/x", "s")


async def test_the_webhook_is_set_under_its_own_key(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(reply(201, {}))
    await client.set_webhook("acme", "https://hooks/x", "s", events_for("2.3.6"))
    assert gateway.asked[0].target == "/webhook/set/acme"
    assert gateway.asked[0].body["webhook"]["enabled"] is True
    assert "MESSAGES_EDITED" in gateway.asked[0].body["webhook"]["events"]


@pytest.mark.parametrize(("version", "edited"), [("2.3.6", True), ("2.3.7", False), ("2.4.0-rc2", False), ("?", False)])
def test_edits_are_subscribed_to_only_where_they_come_no_other_way(version: str, edited: bool) -> None:
    assert ("MESSAGES_EDITED" in events_for(version)) is edited


@pytest.mark.parametrize(
    ("answer", "qr"),
    [
        (
            {"code": "2@x", "base64": "data:image/png;base64,AA", "pairingCode": "WZYE", "count": 1},
            ("2@x", "WZYE", False),
        ),
        ({"count": 0}, (None, None, False)),
        ({"instance": {"instanceName": "a", "state": "open"}}, (None, None, True)),
    ],
)
async def test_connecting(gateway: Gateway, client: EvolutionClient, answer: object, qr: tuple[Any, ...]) -> None:
    gateway.will(reply(200, answer))
    got: Qr = await client.connect("a", "5511")
    assert (got.code, got.pairing_code, got.connected) == qr
    assert gateway.asked[0].target == "/instance/connect/a?number=5511"


async def test_errors_that_the_gateway_answers_200_to_are_errors(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(*[reply(200, {"error": True, "message": "[object Object]"})] * 2)
    with pytest.raises(GatewayDown, match="connect"):
        await client.connect("a")
    with pytest.raises(GatewayDown, match="restart"):
        await client.restart("a")


async def test_the_state_of_the_socket(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(*(reply(200, {"instance": instance}) for instance in ({"state": "open"}, {}, {"state": ["x"]})))
    assert [await client.state("a") for _ in range(3)] == ["open", None, None]


async def test_logging_out_and_deleting_twice_is_fine(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(
        reply(200, {"status": "SUCCESS"}),
        reply(400, {"response": {"message": ['The "a" instance is not connected']}}),
        reply(400, {"response": {"message": ["no"]}}),
        reply(404, {"response": {"message": ['The "a" instance does not exist']}}),
    )
    await client.logout("a")
    await client.logout("a")
    with pytest.raises(GatewayRefused):
        await client.logout("a")
    await client.delete("a")
    assert [asked.method for asked in gateway.asked] == ["DELETE"] * 4


# Look-ups ------------------------------------------------------------------------------------------------------------


async def test_found_messages_are_what_the_webhook_would_have_told(gateway: Gateway, client: EvolutionClient) -> None:
    record = json.loads((FIXTURES / "messages-upsert.image.json").read_bytes())["data"]
    messages = {"total": 51, "pages": 2, "currentPage": 1, "records": [record, {"key": None}]}
    gateway.will(reply(200, {"messages": messages}))
    page = await client.find_messages("a", now=NOW, remote_jid="1@lid", from_me=False, since=NOW)
    assert (page.page, page.pages, page.total, len(page.seen)) == (1, 2, 51, 2)
    assert isinstance(page.seen[0], MessageSeen)
    assert page.seen[0].key_id == record["key"]["id"]
    assert gateway.asked[0].body == {
        "where": {
            "key": {"remoteJid": "1@lid", "fromMe": False},
            "messageTimestamp": {"gte": "2026-01-06T00:00:00Z", "lte": "2026-01-07T00:00:00Z"},
        },
        "page": 1,
        "offset": 50,
    }


@pytest.mark.parametrize(
    ("since", "until", "asked"),
    [
        (NOW, None, ("2026-01-06T00:00:00Z", "2026-01-07T00:00:00Z")),
        (None, NOW, ("2009-01-01T00:00:00Z", "2026-01-06T00:00:00Z")),
        (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC), ("2009-01-01T00:00:00Z", LAST)),
        (datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC), (LAST, LAST)),
        (datetime(2026, 1, 6, 3, tzinfo=timezone(timedelta(hours=3))), NOW, ("2026-01-06T00:00:00Z",) * 2),
    ],
)
async def test_no_time_leaves_that_the_gateway_s_store_cannot_count(
    gateway: Gateway,
    client: EvolutionClient,
    since: datetime | None,
    until: datetime | None,
    asked: tuple[str, str],
) -> None:
    """Its column has 32 bits of seconds, and it answers 500 to what does not fit them."""
    gateway.will(reply(200, {"messages": {"records": []}}))
    await client.find_messages("a", now=NOW, since=since, until=until)
    assert gateway.asked[0].body["where"]["messageTimestamp"] == dict(zip(("gte", "lte"), asked, strict=True))


@pytest.mark.parametrize("year", [2026, 2037, 2038, 2039, 9999])
async def test_a_look_up_without_an_end_fits_in_any_year(gateway: Gateway, client: EvolutionClient, year: int) -> None:
    gateway.will(reply(200, {"messages": {"records": []}}))
    now = datetime(year, 12, 30, tzinfo=UTC)
    await client.find_messages("a", now=now, since=now - timedelta(minutes=2))
    assert all(moment <= LAST for moment in gateway.asked[0].body["where"]["messageTimestamp"].values())


async def test_a_store_that_answers_anything_else_is_down(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(reply(200, {"messages": None}))
    with pytest.raises(GatewayDown):
        await client.find_messages("a", now=NOW)


async def test_a_file_is_fetched_by_its_message(gateway: Gateway, client: EvolutionClient) -> None:
    encoded = base64.b64encode(b"OggS").decode()
    gateway.will(reply(201, {"base64": encoded, "mimetype": "audio/ogg", "fileName": "a.oga"}))
    assert await client.get_base64("a", "3A", limit=4) == (b"OggS", "audio/ogg", "a.oga")
    assert gateway.asked[0].body["message"] == {"key": {"id": "3A"}}


async def test_a_file_over_the_limit_is_refused(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(reply(201, {"base64": base64.b64encode(b"OggSS").decode()}))
    with pytest.raises(TooLarge, match="5 bytes"):
        await client.get_base64("a", "3A", limit=4)


async def test_a_file_far_over_the_limit_is_not_even_read(gateway: Gateway, client: EvolutionClient) -> None:
    sent = 0

    async def endless(stream: trio.SocketStream) -> None:
        nonlocal sent
        await stream.send_all(b"HTTP/1.1 201 X\r\ncontent-length: 1000000000\r\n\r\n")
        with pytest.raises(trio.BrokenResourceError):  # noqa: PT012 - the loop is what is to break
            while True:
                await stream.send_all(b"A" * 65536)
                sent += 65536

    gateway.will(endless)
    with pytest.raises(TooLarge):
        await client.get_base64("a", "3A", limit=1000)
    await trio.testing.wait_all_tasks_blocked()
    assert sent < 20_000_000


@pytest.mark.parametrize("answer", [None, {}, {"base64": "not base64!"}])
async def test_a_file_that_is_not_there_now_may_be_asked_for_again(
    gateway: Gateway, client: EvolutionClient, answer: object
) -> None:
    gateway.will(reply(201, answer))
    with pytest.raises(GatewayDown):
        await client.get_base64("a", "3A", limit=1000)


async def test_numbers_are_looked_up(gateway: Gateway, client: EvolutionClient) -> None:
    found = {"jid": "551190004431@s.whatsapp.net", "exists": True, "number": TO, "lid": "1182@lid"}
    gateway.will(reply(200, [found]), reply(400, {}))
    assert await client.whatsapp_numbers("a", [TO]) == [Registration(TO, True, found["jid"], "1182@lid")]
    assert await client.whatsapp_numbers("a", []) == []
    with pytest.raises(GatewayDown):
        await client.whatsapp_numbers("a", [TO])


async def test_presence_and_blue_ticks(gateway: Gateway, client: EvolutionClient) -> None:
    gateway.will(reply(201, {}), reply(201, {}))
    await client.send_presence("a", TO, "composing", 1200)
    await client.mark_read("a", [ReadKey("1@s.whatsapp.net", "K")])
    presence, read = gateway.asked
    assert presence.target == "/chat/sendPresence/a"
    assert presence.body == {"number": TO, "presence": "composing", "delay": 1200}
    assert read.target == "/chat/markMessageAsRead/a"
    assert read.body == {"readMessages": [{"remoteJid": "1@s.whatsapp.net", "id": "K", "fromMe": False}]}
