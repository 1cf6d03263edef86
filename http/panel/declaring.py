"""What a small resource is called at the panel: a form's and its fields' words, in every language.

The rest of a settings page follows from the resource's own declaration (`actors/workspace/declarations.py`): fields,
limits, order, who may write, what the plan must include. A field without words is called by its name, so that a new
resource has its page for nothing (`forms.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from plixa.actors.workspace.declarations import Referred

Locale = Literal["en", "pt-BR", "es"]
LOCALES: tuple[Locale, ...] = ("en", "pt-BR", "es")
Area = Literal["team", "inbox", "contacts", "hours", "automation", "agenda", "broadcasts", "workspace"]
FieldKind = Literal[
    "text",
    "long",
    "number",
    "switch",
    "choice",
    "choices",
    "colour",
    "date",
    "time",
    "zone",
    "currency",
    "one",
    "many",
    "texts",
    "numbers",
    "week",
    "windows",
    "money",
]
"""What somebody fills in. one, many: items of another resource; texts, numbers: a list of them; week: the days' opening
hours; windows: any number of times on weekdays; money: an amount in the smallest unit of `currency` beside it."""


class Said(NamedTuple):
    """The same in every language; `pt` is Brazil's."""

    en: str
    pt: str
    es: str

    def to(self, locale: Locale) -> str:
        """As it is said there."""
        return {"en": self.en, "pt-BR": self.pt, "es": self.es}[locale]


NOTHING = Said("", "", "")


@dataclass(frozen=True, slots=True)
class Field:
    """A field's words, and what its type does not tell.

    blank: what it means to leave it empty. options: of a choice, by value. kind: where the type alone says another one.
    unit: how much of what is kept makes one of what people write: 60 for minutes that are kept in seconds.
    when: only of use while another field has one of these values. picks: for which of them one item of another
    resource is chosen, and of which.
    """

    label: Said
    hint: Said = NOTHING
    blank: Said = NOTHING
    options: Mapping[str, Said] = field(default_factory=dict[str, Said])
    kind: FieldKind | None = None
    unit: int = 1
    when: tuple[str, tuple[str | bool, ...]] | None = None
    picks: Mapping[str, Referred] = field(default_factory=dict[str, Referred])


@dataclass(frozen=True, slots=True)
class Form:
    """A page's words. one: how making one of a list is called. place: its position within its area. none: what an empty
    list is good for. gone: what happens when one is removed. shows: fields that a list shows beside the first."""

    title: Said
    text: Said
    area: Area
    place: int = 50
    one: Said = NOTHING
    none: Said = NOTHING
    gone: Said = NOTHING
    shows: tuple[str, ...] = ()
    fields: Mapping[str, Field] = field(default_factory=dict[str, Field])
