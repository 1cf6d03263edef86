"""Appointments as documents for customers."""

from __future__ import annotations

from icalendar import Calendar
from tests.calendars.clinic import tomorrow
from tests.http.chat import Chat


async def test_a_customer_gets_their_appointment_as_a_document(chat: Chat) -> None:
    message = await chat.written("oi")
    contact = (await chat.workspace.get(f"/v1/conversations/{message['conversation_id']}"))["data"]["contact_id"]
    service = await chat.workspace.post("/v1/scheduling/services", {"name": "Corte", "duration_minutes": 60})
    wanted = {"service_id": service["id"], "start": tomorrow(13).isoformat(), "contact_id": contact}
    made = await chat.workspace.post("/v1/scheduling/appointments", wanted)
    sent = await chat.workspace.post(f"/v1/scheduling/appointments/{made['id']}/invite")
    path = f"/v1/conversations/{sent['conversation_id']}/messages"
    shown = (await chat.workspace.get(path))["data"][0]
    assert (shown["type"], shown["media"]["file_name"]) == ("document", "appointment.ics")
    file = await chat.workspace.client.get(f"{path}/{shown['id']}/media")
    whole = Calendar.from_ical(file.content)
    assert (str(whole["method"]), whole.walk("VEVENT")[0].decoded("dtstart")) == ("PUBLISH", tomorrow(13))
    await chat.workspace.post(f"/v1/scheduling/appointments/{made['id']}/cancel")
    await chat.workspace.post(f"/v1/scheduling/appointments/{made['id']}/invite")
    shown = (await chat.workspace.get(path))["data"][0]
    file = await chat.workspace.client.get(f"{path}/{shown['id']}/media")
    assert str(Calendar.from_ical(file.content)["method"]) == "CANCEL"
