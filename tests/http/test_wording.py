"""What is wrong with a body is said in our own sentences."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from plixa import features
from plixa.actors.fields import Words, WordsOrNone
from plixa.engine.errors import Invalid
from plixa.http.api import Route, check
from plixa.http.api.fields import (
    Body,
    Color,
    CountryCode,
    Currency,
    HourMinute,
    Id,
    Line,
    Moment,
    Phone,
    Slug,
)
from plixa.http.api.wording import FORMS, SENTENCES, sentences

PATTERN = re.compile(r"[\\^$]|\]\+|\]\{|\(\?")
ROUTES = features.routes()
CHECKED = [route for route in ROUTES if route.body or route.query]
HOSTILE: list[Any] = [
    *(None, 1, -5, 10**30, 1e99, 0.5, float("nan"), True, "x", "", "1.5", "2020-13-01", "\ud800", "x" * 200_000),
    *([], [None], [1] * 500, {}, {"a": 1}),
]


def _models(route: Route) -> list[type[BaseModel]]:
    return [model for model in (route.body, route.query) if model is not None]


@pytest.mark.parametrize("route", CHECKED, ids=lambda route: route.key)
def test_every_kind_of_error_has_a_sentence(route: Route) -> None:
    for model in _models(route):
        for value in HOSTILE:
            try:
                model.model_validate(dict.fromkeys(model.model_fields, value))
            except ValidationError as error:
                kinds = {each["type"] for each in error.errors()}
                assert kinds <= {*SENTENCES, "value_error"}, f"{value!r}"
                said = [text for each in error.errors() for text in sentences("field", each)]
                assert not [text for text in said if PATTERN.search(text)]


class Sample(Body):
    name: Annotated[Line, ...]
    plan: Literal["starter", "business"] = "starter"
    count: Id = 1
    at: Moment | None = None
    flag: bool = False
    many: list[int] = []  # noqa: RUF012  # pydantic copies it


@pytest.mark.spec(4)
def test_all_wrong_fields_are_told_at_once_and_what_to_send_instead() -> None:
    wrong = {"plan": "gold", "count": "ten", "at": "soon", "flag": "perhaps", "many": [1, "x"]}
    with pytest.raises(Invalid) as caught:
        check(Sample, wrong)
    assert caught.value.details == {
        "name": ["The name field is required."],
        "plan": ["The selected plan is invalid.", "It must be 'starter' or 'business'."],
        "count": ["The count must be a whole number."],
        "at": ["The at must be a time with its offset, like 2026-05-25T12:00:00+00:00."],
        "flag": ["The flag must be true or false."],
        "many.1": ["The many must be a whole number."],
    }


@pytest.mark.parametrize(
    "type_",
    [CountryCode, Currency, Color, Slug, Phone, HourMinute],
    ids=("country", "currency", "color", "slug", "phone", "time"),
)
def test_a_pattern_is_put_in_words(type_: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(type_).validate_python("24:00")
    [error] = refused.value.errors()
    [said] = sentences("field", error)
    assert said == f"The field must be {FORMS[error['ctx']['pattern']]}."


@pytest.mark.parametrize("blank", ["   ", "\u200b", "\u00a0\u2060\n", "\u3164", "\u2800", "\u202e\u202c"])
def test_words_that_nobody_can_see_are_none(blank: str) -> None:
    for type_, field in ((Words, "Words"), (Line, "Line"), (WordsOrNone, "WordsOrNone")):
        with pytest.raises(ValidationError):
            TypeAdapter(type_).validate_python(blank)
        assert TypeAdapter(type_).validate_python("👍"), field
    assert TypeAdapter(WordsOrNone).validate_python("") == ""


@pytest.mark.parametrize(
    ("field", "error", "told"),
    [
        (
            "company_name",
            {"type": "string_too_short", "ctx": {"min_length": 1}},
            "The company name must have at least 1 character.",
        ),
        ("body", {"type": "string_too_long", "ctx": {"max_length": 11}}, "The body may have at most 11 characters."),
        ("hours.6.open_at", {"type": "missing"}, "The open at field is required."),
        ("tag_ids", {"type": "too_short", "ctx": {"min_length": 1}}, "The tag ids must have at least 1 entry."),
        ("3", {"type": "missing"}, "The 3 field is required."),
        (
            "first_response_seconds",
            {"type": "greater_than_equal", "ctx": {"ge": 1}},
            "The first response time must be at least 1 second.",
        ),
        (
            "first_response_seconds",
            {"type": "less_than_equal", "ctx": {"le": 31536000}},
            "The first response time must be at most 31536000 seconds.",
        ),
        ("first_response_seconds", {"type": "missing"}, "The first response time field is required."),
        ("resolution_seconds", {"type": "int_type"}, "The resolution time must be a whole number of seconds."),
        ("duration_minutes", {"type": "greater_than", "ctx": {"gt": 0}}, "The duration must be more than 0 minutes."),
        ("price_cents", {"type": "int_parsing"}, "The price must be a whole number of cents."),
        ("deposit_cents", {"type": "int_parsing"}, "The deposit amount must be a whole number of cents."),
    ],
)
def test_a_field_is_named_and_counted_as_people_do(field: str, error: Any, told: str) -> None:
    assert sentences(field, error) == [told]
