"""Feeds by a secret address."""

from __future__ import annotations

from icalendar import Calendar
from tests.calendars.clinic import Clinic, tomorrow
from tests.http import people

FEED = "/v1/scheduling/calendar/feed"


async def test_a_feed_has_its_members_appointments_until_it_is_revoked(clinic: Clinic) -> None:
    made = await clinic.book(tomorrow(13))
    gone = await clinic.book(tomorrow(15))
    await clinic.desk.done("POST", f"/appointments/{gone['id']}/cancel", {})
    url = (await clinic.workspace.post(FEED))["url"]
    answer = await clinic.browser.get(url)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    events = {str(each["uid"]).partition(".")[0]: each for each in Calendar.from_ical(answer.content).walk("VEVENT")}
    assert events[str(made["id"])].decoded("dtstart") == tomorrow(13)
    assert (str(events[str(made["id"])]["status"]), str(events[str(gone["id"])]["status"])) == (
        "CONFIRMED",
        "CANCELLED",
    )
    await clinic.desk.done("POST", f"/appointments/{made['id']}/reschedule", {"start": tomorrow(17).isoformat()})
    again = Calendar.from_ical((await clinic.browser.get(url)).content)
    [moved] = [each for each in again.walk("VEVENT") if str(each["uid"]) == str(events[str(made["id"])]["uid"])]
    assert moved["sequence"] > events[str(made["id"])]["sequence"]
    secret = url.rpartition("/")[2].removesuffix(".ics")
    assert secret not in repr(await clinic.tables.dump())
    new = (await clinic.workspace.post(FEED))["url"]
    assert (await clinic.browser.get(url)).status_code == 404, "the one before is revoked"
    teo = await people.agent(clinic.node, clinic.workspace)
    theirs = await clinic.workspace.client.get(FEED, headers={"Authorization": teo.bearer})
    assert theirs.json()["data"]["active"] is False
    await clinic.workspace.client.delete(FEED)
    assert (await clinic.browser.get(new)).status_code == 404
    assert (await clinic.browser.get(f"{new.rpartition('/')[0]}/x.ics")).status_code == 404
