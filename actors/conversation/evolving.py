"""What a conversation is after an event: the cases of all its machines, each of which has those of its own events."""

from __future__ import annotations

from plixa.actors.conversation import (
    automation,
    broadcasting,
    closed,
    flowing,
    merging,
    notices,
    placing,
    promises,
    scheduling,
    speaking,
    state,
    surveying,
    turns,
)
from plixa.actors.conversation.state import Conversation
from plixa.engine.dispatch import Evolver

MACHINES = (
    state,
    promises,
    surveying,
    automation,
    closed,
    flowing,
    turns,
    speaking,
    placing,
    scheduling,
    merging,
    broadcasting,
    notices,
)
evolve = Evolver[Conversation].joined(machine.evolve for machine in MACHINES)
