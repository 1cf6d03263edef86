"""What became of appointments, counted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.harness import Json
from tests.http.agenda import MONDAY, Desk
from tests.http.chat import Chat

TUESDAY = "2099-01-06"


@pytest.fixture
def desk(chat: Chat) -> Desk:
    return Desk(chat.workspace)


async def report(chat: Chat, name: str, **more: Any) -> Json:
    query = {"from": MONDAY, "to": TUESDAY, **more}
    answer = await chat.workspace.client.get(f"/v1/reports/{name}", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["data"])


async def test_what_became_of_them_by_provider_and_service(chat: Chat, desk: Desk) -> None:
    ana = int((await chat.workspace.get("/v1/me"))["data"]["user"]["id"])
    await desk.hours(ana)
    cut, beard = await desk.service(provider_ids=[ana]), await desk.service(name="Barba", provider_ids=[ana])
    made = [(await desk.book(cut, f"{MONDAY}T{hour}:00:00-03:00"))["id"] for hour in (10, 11, 12)]
    await desk.book(beard, f"{TUESDAY}T10:00:00-03:00")
    await desk.book(beard, "2099-01-08T10:00:00-03:00")  # later
    await desk.done("POST", f"/appointments/{made[0]}/complete")
    await desk.done("POST", f"/appointments/{made[1]}/no-show")
    await desk.done("POST", f"/appointments/{made[2]}/cancel", {})
    found = await report(chat, "appointments")
    first, second = found["rows"]
    assert (first["service_id"], first["booked"], first["came"], first["no_shows"]) == (cut, 3, 1, 1)
    assert (first["cancelled_by_members"], first["minutes"]) == (1, 120)
    assert (second["service_id"], second["booked"], second["minutes"]) == (beard, 1, 60)
    assert (found["totals"]["booked"], found["totals"]["minutes"]) == (4, 180)
    assert "provider_id" not in found["totals"]
    (row,) = (await report(chat, "utilisation"))["rows"]
    assert (row["provider_id"], row["open_minutes"], row["booked_minutes"]) == (ana, 1080, 180)
    assert row["average_utilisation"] == 0.167
    await desk.done("POST", "/closures", {"date": TUESDAY}, 201)
    assert (await report(chat, "utilisation"))["rows"][0]["open_minutes"] == 540
    csv = await chat.workspace.client.get(
        "/v1/reports/appointments", params={"from": MONDAY, "to": TUESDAY, "format": "csv"}
    )
    assert csv.content.decode("utf-8-sig").splitlines()[0].startswith("provider_id,service_id,booked,came,no_shows")


async def test_what_reminders_do(chat: Chat, desk: Desk) -> None:
    await chat.written()
    (conversation,) = (await chat.workspace.get("/v1/conversations"))["data"]
    service = await desk.service()
    start = datetime.now(UTC) + timedelta(days=3)
    made = await desk.book(service, start.isoformat(), contact_id=conversation["contact_id"])
    await desk.done("POST", f"/appointments/{made['id']}/no-show")
    days = {"from": start.date().isoformat(), "to": start.date().isoformat()}
    (row,) = (await report(chat, "reminders", **days))["rows"]
    assert (row["reminded"], row["booked"], row["no_shows"], row["average_no_show_rate"]) == (False, 1, 1, 1.0)
