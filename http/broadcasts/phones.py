"""Phone numbers of recipients as people write them down: read as everywhere else, by the workspace's country."""

from __future__ import annotations

from plixa.http.clients.written_numbers import NoPhone, read_phone

LONGEST = 40


def phone_of(written: str, country: str) -> str | None:
    """The number in its canonical form: `phone_of("(11) 98765-0001", "BR")` is "5511987650001". None: it is none."""
    try:
        return read_phone(written, country)
    except NoPhone:
        return None
