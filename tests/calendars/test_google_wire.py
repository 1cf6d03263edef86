"""What Google's refusals mean to us, what may be set in production, and the pages of the simulated one."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import trio
from tests import harness
from tests.calendars.near import BASE, NOW, Near, Person

from plixa import doctor
from plixa.engine.settings import BadSettings, load
from plixa.features import settings as all_settings
from plixa.http.calendars.syncing import trouble_of
from plixa.http.clients.google.errors import (
    CalendarFull,
    GoogleAway,
    GoogleError,
    GooglePasses,
    GoogleRefused,
    LinkDead,
    Misconfigured,
)
from plixa.http.clients.google.objects import When
from plixa.http.clients.google.port import Addresses, Google
from plixa.http.google_simulator import GoogleApp, GoogleSettings, serve


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ("dead", LinkDead), ("brief", LinkDead), ("unknown_client", Misconfigured), ("rates", GoogleAway),
        ("busy", GoogleAway), ("away", GoogleAway), ("full", CalendarFull), ("crashed", GooglePasses),
        ("lost", GooglePasses), ("garbled", GooglePasses),
    ],
)  # fmt: skip
def test_each_refusal_is_what_it_means(fault: str, kind: type[Exception]) -> None:
    async def whole() -> None:
        person = Person()
        person.book(1, NOW + 60)
        setattr(person.app.world.faults, fault, 1)
        person.app.world.faults.path = "/events" if fault == "crashed" else ""
        with pytest.raises((GoogleError, GoogleAway)) as told:
            await person.write(1)
        assert type(told.value) is kind

    trio.run(whole)


def test_only_the_token_endpoint_says_that_a_link_is_dead() -> None:
    assert trouble_of(LinkDead(400, "invalid_grant")) == "reconnect_needed"
    assert trouble_of(GoogleRefused(403, "insufficientPermissions")) == "missing_scope"
    for passing in (GooglePasses("401"), Misconfigured(401, "invalid_client"), GoogleRefused(403, "forbidden")):
        assert trouble_of(passing) is None


@pytest.mark.parametrize("text", ["", "nonsense", "9999-99-99T00:00:00Z", "2026-01-01T00:00:00+99:99", "0001-01-01"])
def test_a_time_that_is_none_is_no_error(text: str) -> None:
    assert When(date_time=text).minute("UTC") is None or text == "0001-01-01"
    assert When(date="x" + text).minute("Nowhere/City") is None


def production(**more: str) -> dict[str, str]:
    return {**harness.environment("postgresql://x/x", "https://gateway.example", Path("/tmp")),
        "PLIXA_ENV": "production", "PUBLIC_URL": "https://plixa.example", "GOOGLE_URL": "", **more
    }  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "setting"),
    [
        ({"GOOGLE_URL": "http://google.example"}, "GOOGLE_URL"),
        ({"GOOGLE_CLIENT_SECRET": ""}, "GOOGLE_CLIENT_SECRET"),
        ({"GOOGLE_CLIENT_ID": ""}, "GOOGLE_CLIENT_SECRET"),
    ],
)
def test_production_refuses_what_is_not_safe(wrong: dict[str, str], setting: str) -> None:
    with pytest.raises(BadSettings) as refused:
        load(production(**wrong), all_settings())
    assert setting in str(refused.value)
    with pytest.raises(BadSettings) as refused:
        load(production(), all_settings())
    assert "GOOGLE" not in str(refused.value)


async def test_the_doctor_asks_google_whether_it_knows_our_client(nursery: trio.Nursery, tmp_path: Path) -> None:
    far, _ = await nursery.start(serve, GoogleSettings())

    def with_(**more: str) -> object:
        return harness.settings("postgresql://x/x", "http://127.0.0.1:9", tmp_path, GOOGLE_URL=far.world.base, **more)

    known = {"GOOGLE_CLIENT_ID": "simulator.apps.example", "GOOGLE_CLIENT_SECRET": "simulator-secret"}
    assert "knows the client" in await doctor.check_calendars(with_(**known))  # type: ignore[arg-type]
    with pytest.raises(doctor.Sick, match="invalid_client"):
        await doctor.check_calendars(with_(**{**known, "GOOGLE_CLIENT_SECRET": "another"}))  # type: ignore[arg-type]
    with pytest.raises(doctor.Sick, match="https"):
        await doctor.check_calendars(with_(**known, PUBLIC_URL="http://plixa.example"))  # type: ignore[arg-type]
    assert "no GOOGLE_CLIENT_ID" in await doctor.check_calendars(with_(GOOGLE_CLIENT_ID=""))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "said"), [("pt-BR,pt", "Continuar"), ("es", "Ver cuándo"), ("de, en;q=0.5", "Cancel")]
)
def test_the_consent_page_speaks_three_languages_and_fits_a_phone(asked: str, said: str) -> None:
    async def whole() -> None:
        app = GoogleApp(GoogleSettings())
        google = Google("simulator.apps.example", "simulator-secret", Addresses.at(BASE), transport=Near(app))
        url = google.consent_url("http://127.0.0.1/back", "state", "verifier", "a@b.example")
        async with httpx.AsyncClient(transport=Near(app)) as browser:
            page = await browser.get(url, headers={"Accept-Language": asked})
        assert said in page.text
        assert "width=device-width" in page.text
        assert page.text.count("checkbox") == 2

    trio.run(whole)


def test_faults_are_switches_of_the_program() -> None:
    async def whole() -> None:
        app = GoogleApp(GoogleSettings())
        async with httpx.AsyncClient(transport=Near(app), base_url=BASE) as browser:
            assert (await browser.post("/sim/faults", data={"lost": "2", "slow": "0.5"})).status_code == 200
            assert (app.world.faults.lost, app.world.faults.slow) == (2, 0.5)
            assert (await browser.post("/sim/faults", data={"nonsense": "2"})).status_code == 400

    trio.run(whole)
