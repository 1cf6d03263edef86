"""Pushes to a push service on loopback that holds the browser's keys: it decrypts, and verifies who sent it."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import http_ece
import pytest
import trio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, strategies as st
from tests.clients.far_end import Asked, FarEnd, HangUp, Reply, open_far_end

from plixa.engine.clock import ManualClock
from plixa.engine.errors import Invalid
from plixa.http.notifications.webpush.client import Delivered, Gone, Later, PushClient, Refused
from plixa.http.notifications.webpush.keys import VapidKeys
from plixa.http.notifications.webpush.subscription import LONGEST, Subscription, check, encrypt

NOW = datetime(2026, 5, 25, 12, 0, tzinfo=UTC)
KEYS = VapidKeys.make()
SUBJECT = "mailto:hello@plixa.app"


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Browser:
    """A subscriber with keys of its own."""

    def __init__(self, endpoint: str) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        point = self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.subscription = Subscription(endpoint, encoded(point), encoded(b"sixteen bytes ok"), "aes128gcm")

    def read(self, body: bytes) -> bytes:
        """What was sent; raises for what was not meant for this browser."""
        return http_ece.decrypt(body, private_key=self.private, auth_secret=b"sixteen bytes ok", version="aes128gcm")


class Service:
    """The push service: `reply` is its answer to all."""

    def __init__(self) -> None:
        self.reply: Reply | None = Reply(201, headers=(("location", "https://push.example/m/1"),))
        self.far: FarEnd

    async def script(self, asked: Asked) -> Reply:
        if self.reply is None:
            raise HangUp
        return self.reply


@pytest.fixture
async def service(nursery: trio.Nursery) -> Service:
    service = Service()
    service.far = await open_far_end(nursery, service.script)
    return service


@pytest.fixture
async def browser(service: Service) -> Browser:
    return Browser(f"{service.far.url}/send/abc")


@pytest.fixture
async def push() -> AsyncIterator[PushClient]:
    async with PushClient(KEYS, SUBJECT, ManualClock(NOW), allow_loopback=True) as push:
        yield push


def verified(header: str) -> dict[str, object]:
    """The claims of an `Authorization: vapid`, its signature checked against the key that it names (RFC 8292)."""
    scheme, _, rest = header.partition(" ")
    fields = dict(part.split("=", 1) for part in rest.split(","))
    head, claims, signature = fields["t"].split(".")
    assert scheme == "vapid"
    assert json.loads(decoded(head)) == {"typ": "JWT", "alg": "ES256"}
    raw = decoded(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(fields["k"]))
    key.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    assert fields["k"] == KEYS.public_key
    return json.loads(decoded(claims))


@pytest.mark.spec(199)
async def test_the_browser_reads_what_was_sent(service: Service, browser: Browser, push: PushClient) -> None:
    outcome = await push.send(browser.subscription, "Olá, Ana 👋".encode(), ttl=3600, urgency="high", topic="c-17")
    assert outcome == Delivered()
    asked = service.far.asked[0]
    assert (asked.method, asked.target) == ("POST", "/send/abc")
    assert browser.read(asked.body).decode() == "Olá, Ana 👋"
    assert {name: asked.headers[name] for name in ("ttl", "urgency", "topic", "content-encoding")} == {
        "ttl": "3600",
        "urgency": "high",
        "topic": "c-17",
        "content-encoding": "aes128gcm",
    }


@pytest.mark.spec(199)
async def test_the_push_service_can_tell_who_sent_it(service: Service, browser: Browser, push: PushClient) -> None:
    await push.send(browser.subscription, b"x", ttl=0)
    claims = verified(service.far.asked[0].headers["authorization"])
    assert claims["aud"] == service.far.url
    assert claims["sub"] == SUBJECT
    assert 0 < int(str(claims["exp"])) - NOW.timestamp() <= 86_400


async def test_nobody_else_reads_it(service: Service, browser: Browser, push: PushClient) -> None:
    await push.send(browser.subscription, b"secret", ttl=0)
    body = service.far.asked[0].body
    assert b"secret" not in body
    with pytest.raises(http_ece.ECEException):
        Browser(browser.subscription.endpoint).read(body)


async def test_two_pushes_of_one_message_look_different(browser: Browser) -> None:
    assert encrypt(browser.subscription, b"same") != encrypt(browser.subscription, b"same")


def test_the_example_of_rfc_8291_can_be_read() -> None:
    """Appendix A: what others encrypt by the same rules, our tests' browser reads."""
    browser = Browser("https://push.example")
    secret = decoded("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
    browser.private = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
    body = decoded(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    auth = decoded("BTBZMqHH6r4Tts7J_aSIgg")
    read = http_ece.decrypt(body, private_key=browser.private, auth_secret=auth, version="aes128gcm")
    assert read == b"When I grow up, I want to be a watermelon"


@given(st.binary(min_size=1, max_size=LONGEST))
def test_any_message_comes_back_and_fits(message: bytes) -> None:
    browser = Browser("https://push.example/x")
    body = encrypt(browser.subscription, message)
    assert len(body) <= 4096
    assert browser.read(body) == message


@pytest.mark.spec(203)
@pytest.mark.parametrize("status", [404, 410])
async def test_a_subscription_that_has_ended(service: Service, browser: Browser, push: PushClient, status: int) -> None:
    service.reply = Reply(status, b"gone")
    assert await push.send(browser.subscription, b"x", ttl=0) == Gone()


async def test_a_push_service_that_is_busy(service: Service, browser: Browser, push: PushClient) -> None:
    service.reply = Reply(429, b"slow down", (("retry-after", "120"),))
    outcome = await push.send(browser.subscription, b"x", ttl=0)
    assert isinstance(outcome, Later)
    assert outcome.retry_after == 120
    assert "slow down" in outcome.reason
    service.reply = Reply(503)
    assert isinstance(await push.send(browser.subscription, b"x", ttl=0), Later)
    service.reply = None
    assert isinstance(await push.send(browser.subscription, b"x", ttl=0), Later)


@pytest.mark.parametrize("status", [301, 400, 401, 403, 413])
async def test_a_push_service_that_will_not(service: Service, browser: Browser, push: PushClient, status: int) -> None:
    service.reply = Reply(status, b"\x00bad\nkey" * 10_000, (("location", "http://169.254.169.254/"),))
    outcome = await push.send(browser.subscription, b"x", ttl=0)
    assert isinstance(outcome, Refused)
    assert len(outcome.reason) < 300
    assert outcome.reason.isprintable()


async def test_what_cannot_be_sent_is_refused_and_does_not_go_out(
    service: Service, browser: Browser, push: PushClient
) -> None:
    one = browser.subscription
    off_curve = encoded(b"\x04" + b"\x01" * 64)
    for wrong in (
        Subscription(one.endpoint, off_curve, one.auth),
        Subscription(one.endpoint, "", one.auth),
        Subscription(one.endpoint, "ü", "ü"),
        Subscription(one.endpoint, one.p256dh, encoded(b"short")),
        Subscription(one.endpoint, one.p256dh, one.auth, "aesgcm"),
        Subscription("http://[", one.p256dh, one.auth),
        Subscription("", one.p256dh, one.auth),
        Subscription("https://user@10.0.0.1/", one.p256dh, one.auth),
        Subscription("https://10.0.0.1/", one.p256dh, one.auth),
        Subscription("http://push.example/", one.p256dh, one.auth),
    ):
        assert isinstance(await push.send(wrong, b"x", ttl=0), Refused), wrong
    assert isinstance(await push.send(one, b"x" * (LONGEST + 1), ttl=0), Refused)
    assert isinstance(await push.send(one, b"", ttl=0), Refused)
    assert isinstance(await push.send(one, b"x", ttl=0, topic="a\r\nx: y"), Refused)
    assert service.far.asked == []


async def test_in_production_loopback_is_refused(service: Service, browser: Browser) -> None:
    async with PushClient(KEYS, SUBJECT, ManualClock(NOW)) as push:
        assert isinstance(await push.send(browser.subscription, b"x", ttl=0), Refused)
    assert service.far.asked == []


@pytest.mark.spec(201)
def test_a_subscription_that_can_never_work_is_refused_with_every_field() -> None:
    with pytest.raises(Invalid) as caught:
        check(Subscription("http://push.example/", "no", "no", "aesgcm"))
    assert set(caught.value.details or {}) == {"endpoint", "keys.p256dh", "keys.auth", "content_encoding"}
    check(Browser("https://push.example/x").subscription)


def test_a_subject_that_push_services_refuse_is_found_at_the_start() -> None:
    for subject in ("", "hello@plixa.app", "http://plixa.app"):
        with pytest.raises(ValueError, match="VAPID subject"):
            PushClient(KEYS, subject, ManualClock(NOW))


def test_keys_come_back_from_their_bytes() -> None:
    again = VapidKeys.load(KEYS.to_bytes())
    assert again.public_key == KEYS.public_key
    assert len(decoded(again.public_key)) == 65
    assert VapidKeys.make().public_key != KEYS.public_key
    for wrong in (b"", b"not a key"):
        with pytest.raises(ValueError):  # noqa: PT011  # the library's own words
            VapidKeys.load(wrong)
