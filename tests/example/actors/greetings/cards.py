"""A small resource of the example."""

from __future__ import annotations

from plixa.actors.fields import Line
from plixa.actors.workspace.declarations import Collection, Item


class Card(Item, frozen=True, omit_defaults=True, kw_only=True):
    motif: Line


CARDS = Collection(name="greeting_cards", one="greeting_card", item=Card, path="/v1/greeting-cards", tag="Greetings")
