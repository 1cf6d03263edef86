"""What a notice's options are about, as it stands in their ids: which appointments, or where in booking one is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from plixa.actors.scheduling.events import Source

Named = tuple[int, int]
"""An appointment's id, and the revision that the customer was told of."""
SOURCES: dict[str, Source] = {"f": "flow", "a": "ai", "c": "contact"}
Sort = Literal["services", "slots", "mine"]
SORTS: tuple[Sort, ...] = ("services", "slots", "mine")


@dataclass(frozen=True, slots=True)
class Subject:
    """Appointments: `reminder`, `cancel`, `offer` or `mine`, and which."""

    sort: str
    named: tuple[Named, ...]

    def __str__(self) -> str:
        return f"{self.sort}-{'+'.join(f'{id_}.{revision}' for id_, revision in self.named)}"

    @classmethod
    def of(cls, text: str) -> Subject:
        """The same again. Raises ValueError for what is none."""
        sort, _, named = text.partition("-")
        pairs = (each.split(".") for each in named.split("+"))
        return cls(sort, tuple((int(id_), int(revision)) for id_, revision in pairs))


@dataclass(frozen=True, slots=True)
class Place:
    """Where in booking: sort of list, who led there (f: a flow, a: the AI, c: the customer), and which service.

    moves: the appointment that is to be moved, with its revision; 0: a new one is to be booked.
    """

    sort: Sort
    source: str
    service_id: int
    moves: int = 0
    revision: int = 0

    def __str__(self) -> str:
        return f"book:{self.sort}.{self.source}.{self.service_id}.{self.moves}.{self.revision}"

    @property
    def booked_by(self) -> Source:
        """Whose doing a booking is."""
        return SOURCES.get(self.source, "contact")

    @classmethod
    def of(cls, text: str) -> Place | None:
        """The same again; None for what is no place in booking."""
        kind, _, rest = text.partition(":")
        parts = rest.split(".")
        if kind != "book" or len(parts) != 5 or not all(each.isascii() and each.isdigit() for each in parts[2:]):
            return None
        sort: Sort | None = next((each for each in SORTS if each == parts[0]), None)
        return None if sort is None else cls(sort, parts[1], int(parts[2]), int(parts[3]), int(parts[4]))
