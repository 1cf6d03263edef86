"""Sentences for members in their language. Code has them in English; a catalogue has what each is in the others.

`say = sayings(CATALOGUE, "pt-BR")`, then `say("It sleeps until {when}.", when=…)`. What the catalogue does not have,
such as what a decision said of itself long ago, stays as it is; `tests/actors/test_sayings.py` holds them complete.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol, cast

Catalogue = Mapping[str, tuple[str, str]]
"""An English sentence → the same in Portuguese and in Spanish."""
PLACES: Mapping[str, int] = {"pt": 0, "es": 1}


class Told(NamedTuple):
    """The same in every language; `pt` is Brazil's.

    given: what is filled in; `Told` where that is said in words, too, and a list of such for several.
    """

    en: str
    pt: str
    es: str
    given: Mapping[str, object] = {}

    def to(self, locale: str) -> str:
        """As it is said there; English where there is nothing nearer."""
        sentence = {"pt": self.pt, "es": self.es}.get(locale[:2].lower(), self.en)
        given = {name: _filled(each, locale) for name, each in self.given.items()}
        return sentence.format(**given) if given else sentence


def _filled(value: object, locale: str) -> object:
    if isinstance(value, Told):
        return value.to(locale)
    if isinstance(value, list):
        return ", ".join(str(_filled(each, locale)) for each in cast("list[object]", value))
    return value


def told(en: str, pt: str, es: str, /, **given: object) -> Told:
    """A sentence with something filled in."""
    return Told(en, pt, es, given)


class Say(Protocol):
    def __call__(self, sentence: str, /, **given: object) -> str: ...


def sayings(catalogue: Catalogue, locale: str) -> Say:
    """How to say things of this catalogue in the language of a locale; English for any that there is not."""
    place = PLACES.get(locale[:2].lower())

    def say(sentence: str, /, **given: object) -> str:
        if place is not None and sentence in catalogue:
            sentence = catalogue[sentence][place]
        return sentence.format(**given) if given else sentence

    return say
