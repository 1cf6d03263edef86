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


@pytest.mark.parametrize(
    "nats",
    ["", "nats://s@127.0.0.1:4222", "nats://s@localhost:4222", "nats://[::1]:4222", "tls://u:p@nats.example:4222"],
)
def test_these_are_safe(nats: str) -> None:
    assert load({**SAFE, "NATS_URL": nats}, features.settings()).production


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
        ("NATS_URL", "nats://u:p@10.0.0.7:4222"),
        ("NATS_URL", "tls://nats.example:4222"),
        ("NATS_URL", "nats://s@127.0.0.1:4222,nats://s@nats.example:4222"),
    ],
)
def test_what_is_unsafe_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(BadSettings, match=name):
        load({**SAFE, name: value}, features.settings())
    assert not load({**SAFE, "PLIXA_ENV": "development", name: value}, features.settings()).production
