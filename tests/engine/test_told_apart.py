"""What programs and people tell apart by: statuses and codes of errors, settings whose value is said to nobody."""

from __future__ import annotations

import inspect
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from plixa import features
from plixa.engine import errors
from plixa.engine.backoff import Backoff
from plixa.engine.brake import Brake
from plixa.engine.clock import ManualClock
from plixa.engine.events import Event, event, event_class, event_types
from plixa.engine.settings import TABLE, BadSettings, as_nats_urls, load
from plixa.engine.telemetry import Telemetry
from plixa.engine.watchdog import Watchdog

NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
ERRORS = {
    "Conflict": (409, "CONFLICT"),
    "Crashed": (500, "INTERNAL_ERROR"),
    "DeadLettered": (500, "INTERNAL_ERROR"),
    "Duplicate": (409, "CONFLICT"),
    "Elsewhere": (503, "OVERLOADED"),
    "Fenced": (503, "OVERLOADED"),
    "Forbidden": (403, "FORBIDDEN"),
    "GatewayUnavailable": (502, "GATEWAY_UNAVAILABLE"),
    "Invalid": (422, "VALIDATION_FAILED"),
    "NotFound": (404, "NOT_FOUND"),
    "NotOpened": (503, "OVERLOADED"),
    "Overloaded": (503, "OVERLOADED"),
    "PlixaError": (500, "INTERNAL_ERROR"),
    "RateLimited": (429, "RATE_LIMITED"),
    "Refused": (422, "VALIDATION_FAILED"),
    "TooOld": (410, "GONE"),
    "Unauthenticated": (401, "UNAUTHENTICATED"),
    "Unavailable": (503, "OVERLOADED"),
    "UnknownHere": (503, "OVERLOADED"),
    "Unsure": (503, "OVERLOADED"),
}
"""By hand: clients branch on them."""
WHOLE_TENANT = {"Elsewhere", "Fenced", "NotOpened"}
SECRETS = {
    "PLIXA_SECRET_KEY", "PLIXA_SECRET_KEY_OTHER", "DATABASE_URL", "EVOLUTION_API_KEY", "METRICS_TOKEN", "NATS_URL",
    "GOOGLE_CLIENT_SECRET", "OPENAI_API_KEY", "RESEND_API_KEY", "RESEND_WEBHOOK_SECRET", "S3_ACCESS_KEY_ID",
    "S3_SECRET_ACCESS_KEY", "SMTP_URL", "STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS",
}  # fmt: skip


def test_each_error_has_its_status_and_code() -> None:
    found = dict(inspect.getmembers(errors, inspect.isclass))
    ours = {name: each for name, each in found.items() if issubclass(each, errors.PlixaError)}
    assert {name: (each.status, each.code) for name, each in ours.items()} == ERRORS
    assert {name for name, each in ours.items() if each.whole_tenant} == WHOLE_TENANT


def test_who_has_a_tenant_is_named_with_its_life() -> None:
    error = errors.Elsewhere(7, "node-2", "abc")
    assert (error.tenant, error.node, error.incarnation) == (7, "node-2", "abc")


def test_what_is_wrong_with_a_secret_is_said_without_it() -> None:
    settings = (*TABLE, *features.settings())
    assert {each.name for each in settings if each.secret} == SECRETS
    with pytest.raises(BadSettings) as told:
        load({"NATS_URL": "s3cret@x", "PLIXA_ENV": "produktion"}, features.settings())
    assert "s3cret" not in str(told.value)
    assert "PLIXA_ENV: 'produktion' is not right" in str(told.value)


@pytest.mark.parametrize("text", ["nats://s@a:1,http://b", "http://b,nats://s@a:1", "nats://", "nats://s@a:1,tls://"])
def test_one_wrong_address_among_good_ones_is_wrong(text: str) -> None:
    with pytest.raises(ValueError, match="expected nats://"):
        as_nats_urls(text)


def test_the_first_pause_is_a_second_at_most_and_each_is_twice_as_long() -> None:
    resting = Backoff[str](ManualClock(NOON))
    for times in range(10):
        longest = min(timedelta(minutes=1), timedelta(seconds=2**times))
        assert longest / 2 <= resting.trouble("a") <= longest


def test_where_the_loop_was_held_is_its_servers_alone_to_read(tmp_path: Path) -> None:
    clock, file = ManualClock(NOON), tmp_path / "own" / "stacks"
    dog = Watchdog(Brake(clock), Telemetry(), file)
    with dog._dumping():
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def test_an_event_is_known_by_its_name_and_no_two_have_one() -> None:
    with names_of_its_own():

        @event("test.told", personal=("words",))
        class Told(Event, frozen=True, kw_only=True):
            words: str = ""

        assert event_class("test.told") is Told
        assert (Told.type, Told.schema, Told.personal) == ("test.told", 1, ("words",))
        with pytest.raises(ValueError, match="two event classes"):
            event("test.told")(Told)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"personal": ("words", "at")}, r"need a default for after erasure: \['at', 'words'\]"),
        ({"schema": 2}, "schema 2 needs an upcast"),
        ({"upcast": lambda data, _: data}, "schema 1 has nothing for an upcast"),
    ],
)
def test_an_event_that_could_not_be_read_again_is_none(more: Any, why: str) -> None:
    class Told(Event, frozen=True, kw_only=True):
        words: str
        at: str
        rest: str = ""

    with names_of_its_own(), pytest.raises(ValueError, match=why):
        event("test.told", **more)(Told)


@contextmanager
def names_of_its_own() -> Generator[None]:
    """What is registered within is nobody's afterwards."""
    before = dict(event_types())
    yield
    event_types().clear()
    event_types().update(before)
