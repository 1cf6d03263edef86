"""What an event means, in a few plain words for the audit: what the features' `LOGIC` tells of theirs."""

from __future__ import annotations

from collections.abc import Mapping

from plixa.actors.feature import Tell
from plixa.actors.sayings import Told
from plixa.engine.events import Event


def consequences(tells: Mapping[str, Tell]) -> tuple[str, ...]:
    """The types that the audit leaves out."""
    return tuple(type_ for type_, tell in tells.items() if tell is None)


def summary(event: Event, tells: Mapping[str, Tell], locale: str) -> str:
    """What somebody did, in the language of a locale. An event of which nothing is told is called by its type."""
    tell = tells.get(event.type)
    if tell is None:
        return event.type.replace(".", " ").replace("_", " ")
    return (tell if isinstance(tell, Told) else tell(event)).to(locale)
