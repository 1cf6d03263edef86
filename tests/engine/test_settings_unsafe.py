"""What production refuses to start with."""

from __future__ import annotations

import pytest

from plixa import features
from plixa.engine.settings import BadSettings, load

SAFE = {
    "PLIXA_ENV": "production",
    "PLIXA_SECRET_KEY": "Zq3v9JxW0bN7tYcR5uKfLm2sPdHgEa8o",
    "DATABASE_URL": "postgresql://plixa@localhost/plixa",
    "EVOLUTION_URL": "https://gateway.example",
    "EVOLUTION_API_KEY": "key",
    "SMTP_URL": "smtps://user:password@mail.example:465",
    "PUBLIC_URL": "https://plixa.example",
}


def test_these_are_safe() -> None:
    assert load(SAFE, features.settings()).production


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLIXA_SECRET_KEY", "a" * 40),
        ("PLIXA_SECRET_KEY", "ab" * 20),
        ("PLIXA_SECRET_KEY", "short"),
        ("PUBLIC_URL", "http://plixa.example"),
        ("PUBLIC_URL", ""),
        ("DATABASE_URL", ""),
        ("EVOLUTION_URL", ""),
        ("SMTP_URL", ""),
    ],
)
def test_what_is_unsafe_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name):
        load({**SAFE, name: value}, features.settings())
    assert not load({**SAFE, "PLIXA_ENV": "development", name: value}, features.settings()).production
