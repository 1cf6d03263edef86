"""What comes of a turn of the AI: its answer is sent, or a person takes over."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

import msgspec

from plixa.actors.ai.config import AI as AI_CONFIG
from plixa.actors.ai.values import HandedOff, Replied, ReplyOutcome, Wished
from plixa.actors.conversation import automation, closed, events as ev, flowing, turns
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.speaking import note, say
from plixa.actors.conversation.state import AiTurn
from plixa.actors.flows import run as r
from plixa.actors.flows.phrases import phrase

AI = ev.Author("ai")


def done(d: Deciding, turn_id: int, result: dict[str, Any]) -> None:
    """The AI's outcome; that of a cancelled turn is passed over."""
    turn = d.state.turn
    if turn is None or turn.id != turn_id:
        return
    if _closed_meanwhile(d):
        return
    outcome: Replied | HandedOff | Wished = msgspec.convert(result["outcome"], ReplyOutcome)
    if not automation.ai_allowed(d):
        outcome = HandedOff(reason="unavailable", usage=outcome.usage, note="The AI was switched off in the meantime.")
    if isinstance(outcome, Replied):
        _answered(d, turn, outcome)
    elif isinstance(outcome, Wished):
        _acted(d, turn, outcome)
    else:
        _handed_off(d, turn, outcome)


def failed(d: Deciding, turn_id: int, reason: str) -> None:
    """It could not be asked at all."""
    turn = d.state.turn
    if turn is not None and turn.id == turn_id and not _closed_meanwhile(d):
        d.add(ev.AiHandedOff(turn_id=turn_id, reason="unavailable", prompt_version="none", model="none", note=reason))
        _after_hand_off(d, turn, reason)


def _closed_meanwhile(d: Deciding) -> bool:
    """Whether the business has closed since the AI was asked: then that is what the customer hears."""
    if not closed.speaks(d):
        return False
    turns.cancel(d, "The business has closed in the meantime.")
    automation.answer(d)
    return True


def _answered(d: Deciding, turn: AiTurn, outcome: Replied) -> None:
    _give(d, "ai", "The AI answered from what the business told it.")
    turns.greet_in_front(d)
    usage = outcome.usage
    why = f"ai:{usage.prompt_version}"
    message_id = say(d, AI, outcome.text, why)
    d.add(
        ev.AiAnswered(
            turn_id=turn.id,
            message_id=message_id,
            prompt_version=usage.prompt_version,
            model=usage.model,
            tokens_in=usage.tokens_in,
            tokens_out=usage.tokens_out,
            cost_micros=usage.cost_micros,
            sources=tuple(str(source) for source in outcome.sources),
            note=outcome.note,
        )
    )
    if turn.goal is not None:
        flowing.ai_came_back(d, r.AiOutcome("answered", outcome.text))


def _acted(d: Deciding, turn: AiTurn, outcome: Wished) -> None:
    """The agenda goes on from here, in its own words: nothing is said of it before it is done."""
    _give(d, "ai", "The AI left it to the agenda.")
    turns.greet_in_front(d)
    usage, day = outcome.usage, outcome.start if outcome.action == "list" else None
    d.add(
        ev.AiActed(
            turn_id=turn.id,
            action=outcome.action,
            prompt_version=usage.prompt_version,
            model=usage.model,
            tokens_in=usage.tokens_in,
            tokens_out=usage.tokens_out,
            cost_micros=usage.cost_micros,
            note=outcome.note,
        )
    )
    d.add(
        ev.AgendaAsked(
            ask_id=d.next_id(),
            source="ai",
            action=outcome.action,
            service_id=outcome.service_id,
            start=None if day else outcome.start,
            day=_day(day),
            appointment_id=outcome.appointment_id,
        )
    )
    if turn.goal is not None:
        flowing.ai_came_back(d, r.AiOutcome("answered"))


def _day(text: str | None) -> date | None:
    """A day that a model has written, if there is such a one."""
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        return None


def _handed_off(d: Deciding, turn: AiTurn, outcome: HandedOff) -> None:
    usage = outcome.usage
    d.add(
        ev.AiHandedOff(
            turn_id=turn.id,
            reason=outcome.reason,
            prompt_version=usage.prompt_version,
            model=usage.model,
            cost_micros=usage.cost_micros,
            note=outcome.note,
        )
    )
    _after_hand_off(d, turn, outcome.note or outcome.reason, silent=outcome.reason == "loop")


def _after_hand_off(d: Deciding, turn: AiTurn, why: str, *, silent: bool = False) -> None:
    """A person leads from here. silent: a machine is on the other side, which would only answer again."""
    if turn.goal is not None and d.state.flow is not None:
        flowing.ai_came_back(d, r.AiOutcome("handoff", why))
        return
    _tell_hand_off(d, "" if silent else _words(d))
    note(d, AI, f"The AI left this to a person: {why}")
    d.add(ev.ConversationHandedOver(why=ev.LEFT_BY_AI))


def _words(d: Deciding) -> str:
    """What the customer hears of it."""
    own = AI_CONFIG.of(d.workspace).handoff_message
    if d.state.burst is None or not d.is_open:  # nobody is waiting for a word, or nobody is there to take over
        return ""
    return phrase("person", d.workspace.locale) if own is None else own


def _tell_hand_off(d: Deciding, words: str) -> None:
    if words:
        _give(d, "handoff", "The AI left it to a person.")
        turns.greet_in_front(d)
        say(d, ev.Author("system"), words, "handoff")
    elif d.state.welcome_due is not None:
        _give(d, "welcome", "It is the contact's first message, and the AI left it to a person.")
        turns.greet_in_front(d)
    elif d.state.burst is not None:
        d.add(ev.AnswerDropped(burst_id=d.state.burst.id, why="The AI left it to a person."))


def _give(d: Deciding, by: Literal["ai", "handoff", "welcome"], why: str) -> None:
    if d.state.burst is not None:
        d.add(ev.AnswerGiven(burst_id=d.state.burst.id, by=by, why=why, at=d.at))
