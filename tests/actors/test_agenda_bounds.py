"""What a field of the agenda's settings takes at least and at most, by hand: the edge is taken, one more is not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_type_hints

import pytest
from pydantic import TypeAdapter, ValidationError

from plixa.actors.scheduling.catalogue import BaseSchedule, Booking, Reminders
from plixa.actors.scheduling.offering import CalendarFilter, OpenWindow, Resource, Service

NUMBERS: Sequence[tuple[type[Any], str, int, int]] = (
    (Service, "duration_minutes", 5, 720),
    (Service, "buffer_before_minutes", 0, 240),
    (Service, "buffer_after_minutes", 0, 240),
    (Service, "price_cents", 0, 100_000_000),
    (Service, "deposit_cents", 0, 100_000_000),
    (Service, "deposit_refund_hours", 0, 720),
    (Resource, "capacity", 1, 1_000),
    (OpenWindow, "weekday", 0, 6),
    (Booking, "cancel_before_minutes", 0, 43_200),
)
LISTS: Sequence[tuple[type[Any], str, Any, int]] = (
    (Service, "provider_ids", 1, 500),
    (Service, "resource_ids", 1, 20),
    (Service, "reminder_offsets", 5, 5),
    (Service, "reminder_offsets", 43_200, 5),
    (CalendarFilter, "provider_ids", 1, 100),
    (CalendarFilter, "service_ids", 1, 100),
    (CalendarFilter, "statuses", "pending", 6),
    (Reminders, "offsets", 5, 5),
    (BaseSchedule, "rules", {"weekday": 0, "start_time": "09:00", "end_time": "18:00"}, 200),
)
TEXTS: Sequence[tuple[type[Any], str, int]] = (
    (Service, "name", 80),
    (Service, "description", 500),
    (Resource, "name", 80),
    (CalendarFilter, "name", 60),
)


def takes(owner: type[Any], field: str, value: Any) -> bool:
    try:
        TypeAdapter(get_type_hints(owner, include_extras=True)[field]).validate_python(value)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("owner", "field", "least", "most"), NUMBERS)
def test_a_number_has_its_edges(owner: type[Any], field: str, least: int, most: int) -> None:
    found = [takes(owner, field, each) for each in (least - 1, least, most, most + 1)]
    assert found == [False, True, True, False]


@pytest.mark.parametrize(("owner", "field", "each", "most"), LISTS)
def test_a_list_has_its_end(owner: type[Any], field: str, each: Any, most: int) -> None:
    assert [takes(owner, field, [each] * count) for count in (0, most, most + 1)] == [True, True, False]


@pytest.mark.parametrize(("owner", "field", "most"), TEXTS)
def test_a_text_has_its_end(owner: type[Any], field: str, most: int) -> None:
    assert [takes(owner, field, "a" * length) for length in (1, most, most + 1)] == [True, True, False]


@pytest.mark.parametrize("wrong", [0, 4, 43_201, -5])
def test_a_reminder_is_neither_at_once_nor_months_before(wrong: int) -> None:
    assert not takes(Service, "reminder_offsets", [wrong])
    assert not takes(Reminders, "offsets", [wrong])
