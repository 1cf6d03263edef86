"""Members link their own calendar, and unlink it, whatever Google says."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from tests.calendars.clinic import GOOGLE, ME, Clinic, known, tomorrow
from tests.http import people

from plixa.http.clients.google.errors import CalendarFull
from plixa.storage.eventlog.reader import read_range


async def everything(clinic: Clinic) -> str:
    """All rows, and all events in the clear."""
    keyring = clinic.node.services.store.keyring
    log = await clinic.node.services.database.run(read_range, keyring, clinic.workspace.tenant, 0, 10_000)
    return repr(await clinic.tables.dump()) + repr(log)


@pytest.mark.spec(227)
@pytest.mark.spec(230)
@pytest.mark.spec(231)
async def test_each_member_links_their_own_and_its_tokens_are_nowhere_in_the_clear(
    clinic: Clinic, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    assert (await clinic.shown())["state"] == "none"
    page = await clinic.link()
    assert "is connected" in page.text
    shown = await clinic.shown()
    assert (shown["state"], shown["email"]) == ("connected", ME)
    teo = await people.agent(clinic.node, clinic.workspace)
    other = await clinic.workspace.client.get(GOOGLE, headers={"Authorization": teo.bearer})
    assert other.json()["data"]["state"] == "none", "another member's link is not theirs"
    await clinic.link(teo.bearer, "teo@gmail.example")
    await clinic.book(tomorrow(13))
    tokens = [*clinic.far.world.refresh, *clinic.far.world.access]
    assert len(tokens) >= 4
    out = await everything(clinic) + caplog.text + "".join(capfd.readouterr())
    out += (await clinic.workspace.client.get(GOOGLE)).text
    assert not [each for each in tokens if each in out]
    gone = await clinic.workspace.client.post(f"{GOOGLE}/disconnect", json={})
    assert gone.json()["data"]["state"] == "none"
    await clinic.settled()
    still = await clinic.workspace.client.get(GOOGLE, headers={"Authorization": teo.bearer})
    assert still.json()["data"]["state"] == "connected"
    assert clinic.account.scopes == frozenset(), "Google was told"
    assert clinic.far.world.account("teo@gmail.example").scopes
    assert [row["user_id"] for row in await clinic.tables.rows("select user_id from calendar_links")] == [teo.user_id]
    assert len(clinic.living()) == 1, "what stands there stays"


async def test_what_comes_back_must_be_from_the_browser_that_went_and_only_once(clinic: Clinic) -> None:
    back = await clinic.consent()
    async with httpx.AsyncClient(trust_env=False) as stranger:
        assert "another browser" in (await stranger.get(back)).text
    assert (await clinic.shown())["state"] == "none"
    assert "is connected" in (await clinic.browser.get(back)).text
    number = await clinic.tables.rows("select connection from calendar_links")
    assert "is connected" in (await clinic.browser.get(back)).text, "loaded again"
    assert await clinic.tables.rows("select connection from calendar_links") == number
    forged = back.replace("state=", "state=x")
    assert "another browser" in (await clinic.browser.get(forged)).text


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"do": "refuse"}, "did not allow"),
        ({"grant.calendar.freebusy": ""}, "both permissions"),
        ({"grant.calendar.events.owned": ""}, "both permissions"),
    ],
)
async def test_without_consent_or_a_permission_nothing_is_linked(
    clinic: Clinic, given: dict[str, str], said: str
) -> None:
    page = await clinic.link(**given)
    assert said in page.text
    assert (await clinic.shown())["state"] == "none"


async def test_a_link_that_died_is_told_once_and_healed_by_consenting_anew(clinic: Clinic) -> None:
    await clinic.link()
    await clinic.book(tomorrow(13))
    clinic.far.world.revoke(ME)
    for hour in (15, 17):
        await clinic.book(tomorrow(hour))
    shown = await clinic.shown()
    assert shown["state"] == "reconnect_needed"
    assert await letters(clinic) == ["calendar_reconnect_needed"]
    calls = len(clinic.far.world.calls)
    await clinic.look()
    assert len(clinic.far.world.calls) == calls, "a dead link is left alone"
    assert len(clinic.living()) == 1
    await clinic.link()
    assert (await clinic.shown())["state"] == "connected"
    assert len(clinic.living()) == 3, "what was missed is written, and nothing twice"


async def test_a_permission_that_was_taken_back_is_told_once(clinic: Clinic) -> None:
    await clinic.link()
    clinic.account.scopes -= {"https://www.googleapis.com/auth/calendar.events.owned"}
    await clinic.book(tomorrow(13))
    await clinic.book(tomorrow(15))
    assert (await clinic.shown())["state"] == "missing_scope"
    await clinic.look()
    assert await letters(clinic) == ["calendar_missing_scope"]


async def test_a_calendar_that_takes_no_writes_is_told_of_once_and_written_to_when_it_does(clinic: Clinic) -> None:
    await clinic.link()
    clinic.far.world.faults.full = 10_000
    wanted = {"service_id": clinic.service, "provider_id": clinic.workspace.user_id}
    for hour in (13, 15):
        await clinic.desk.done("POST", "/appointments", {**wanted, "start": tomorrow(hour).isoformat()}, 201)
        with pytest.raises(CalendarFull):
            await clinic.look()
        assert (await clinic.shown())["state"] == "paused"
    assert await letters(clinic) == ["calendar_paused"]
    clinic.far.world.faults.full = 0
    await clinic.look()
    assert ((await clinic.shown())["state"], len(clinic.living())) == ("connected", 2)
    assert await letters(clinic) == ["calendar_paused"]


async def letters(clinic: Clinic) -> list[str]:
    """What members were written of their calendars, in order."""
    told = "kind = 'mail.send' and request->>'template' like 'calendar%' order by position"
    rows = await clinic.tables.rows(f"select request->>'template' as template from outbox where {told}")
    return [row["template"] for row in rows]


async def test_a_channel_is_made_anew_before_it_ends_and_the_old_one_stopped(clinic: Clinic) -> None:
    await clinic.link()
    channels = clinic.far.world.channels
    [first] = channels.values()
    await clinic.look()
    assert [*channels] == [first.id], "it lasts for days yet"
    soon = clinic.node.services.clock.now() + timedelta(hours=23)
    await clinic.tables.rows("update calendar_channels set expires_at = $1 returning 1", soon)
    clinic.far.world.faults.path, clinic.far.world.faults.away = "/watch", 1
    await clinic.look()
    assert [*channels] == [first.id], "while there is no other one, it goes on"
    await clinic.look()
    [second] = channels.values()
    assert second.id != first.id
    assert [row["channel_id"] for row in await clinic.tables.rows("select channel_id from calendar_channels")] == [
        second.id
    ]
    for channel, heard in ((first, False), (second, True)):
        before = await clinic.tables.rows("select next_at from calendar_links")
        pushed = {**known(channel), "X-Goog-Resource-State": "exists"}
        assert (await clinic.browser.post(channel.address, headers=pushed)).status_code == 204
        assert (await clinic.tables.rows("select next_at from calendar_links") != before) is heard


@pytest.mark.parametrize("fault", ["away", "dead"])
async def test_disconnecting_works_while_google_does_not(
    clinic: Clinic, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("plixa.http.calendars.linking.ENDED_AFTER", 1)
    await clinic.link()
    setattr(clinic.far.world.faults, fault, 10_000)
    clinic.far.world.access.clear()
    gone = await clinic.workspace.client.post(f"{GOOGLE}/disconnect", json={"remove_events": True})
    assert gone.json()["data"]["state"] == "none"
    await clinic.settled()
    assert await clinic.tables.rows("select 1 from calendar_links") == []
    assert await clinic.tables.rows("select 1 from calendar_channels") == []
