"""What the example brings to the actors."""

from __future__ import annotations

from plixa.actors.greetings import GREETINGS, Greeted
from plixa.actors.greetings.cards import CARDS

from plixa.actors.feature import Data, Logic
from plixa.actors.sayings import Told
from plixa.engine.events import Recorded


def _shown(event: Greeted, _: Recorded) -> Data:
    return {"greeting": {"name": event.name}}


LOGIC = Logic(
    kinds=(GREETINGS,),
    collections=(CARDS,),
    shows={Greeted: _shown},
    tells={"example.greeted": Told("greeted somebody", "cumprimentou alguém", "saludó a alguien")},
)
