"""A turn of the AI: asked and cancelled here, its outcome taken in `drafted.py`. The call itself is an effect.

A newer message or a person's word cancels the turn. A cancelled turn's outcome decides nothing, so an answer is sent
only if it is still wanted when it comes.
"""

from __future__ import annotations

from msgspec.structs import replace

from plixa.actors.conversation import events as ev
from plixa.actors.conversation.configs.welcome import WELCOME
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.speaking import say
from plixa.actors.conversation.state import AiTurn, Burst, Conversation
from plixa.engine.dispatch import Evolver

evolve: Evolver[Conversation] = Evolver()


def ask(d: Deciding, burst: Burst) -> None:
    """Let the AI answer a burst."""
    d.add(ev.AiAsked(turn_id=d.next_id(), upto=burst.upto, asked_at=d.at))


def ask_for_flow(d: Deciding, goal: str) -> None:
    """Let it do a flow's AI step."""
    d.add(ev.AiAsked(turn_id=d.next_id(), upto=d.state.last_message_id or 0, asked_at=d.at, goal=goal))


def cancel(d: Deciding, why: str) -> None:
    """Its draft is not wanted any more."""
    if d.state.turn is not None:
        d.add(ev.AiCancelled(turn_id=d.state.turn.id, why=why))


def greet_in_front(d: Deciding) -> None:
    """The greeting of a first contact, in front of the first answer."""
    welcome = WELCOME.of(d.workspace)
    if d.state.welcome_due is None:
        return
    if welcome.enabled and welcome.message:
        d.add(ev.WelcomeSent(message_id=say(d, ev.Author("system"), welcome.message, "welcome")))
    else:
        d.add(ev.WelcomeDropped(why="The greeting was switched off in the meantime."))


# -- folding ----------------------------------------------------------------------------------------------------------


@evolve.on(ev.AiAsked)
def _asked(state: Conversation, event: ev.AiAsked) -> Conversation:
    return replace(state, turn=AiTurn(event.turn_id, event.upto, event.asked_at, event.goal))


@evolve.on(ev.AiAnswered, ev.AiActed, ev.AiHandedOff, ev.AiCancelled)
def _over(state: Conversation, event: ev.AiAnswered | ev.AiActed | ev.AiHandedOff | ev.AiCancelled) -> Conversation:
    return replace(state, turn=None) if state.turn is not None and state.turn.id == event.turn_id else state
