"""The order of the business: who speaks first, and what silences what.

A customer's burst gets at most one automatic answer, decided once they have been quiet for `quiet_seconds`:

    1. a person leads (mode `human`)            nothing speaks by itself until they give it back or resolve
    2. the survey after a resolution            takes what is meant for it (`surveying.py`); the rest reopens
    3. closed, and there is a closed message    that message, once until the business opens; nothing else
    4. a flow is under way, or one is set off   its next step (`flowing.py`)
    5. closed without a message                 nothing
    6. the AI is on and the plan includes it    a turn of the AI (`turns.py`); what it leaves to a person is told
    7. first contact                            the greeting

The greeting of a first contact waits for 4 and 6 and goes out in front of their answer, in the same decision;
where neither speaks it goes out alone. A newer message cancels an answer that is being drafted, and the burst is longer
by it.
A person's word, be it on the panel, by a program or typed on the phone, silences all of this.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from plixa.actors.ai.config import AI
from plixa.actors.conversation import closed, events as ev, flowing, turns
from plixa.actors.conversation.configs.inbox import INBOX
from plixa.actors.conversation.configs.welcome import WELCOME
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.speaking import note, say
from plixa.actors.conversation.state import Burst, Conversation
from plixa.actors.hours.business_hours import BUSINESS_HOURS
from plixa.actors.whatsapp.gateway import Content, MessageKind
from plixa.actors.workspace.plans import limits_of
from plixa.engine.dispatch import Evolver

evolve: Evolver[Conversation] = Evolver()

FRESH = timedelta(minutes=15)
"""What was written longer ago (and is caught up on after an outage) is not answered by itself: a person looks at it."""
LONGEST_BURST = timedelta(seconds=15)
MOST_TEXTS = 12
MOST_ANSWERS, LOOP_WITHIN = 30, timedelta(minutes=10)
"""Nobody has as many answers read to them in so short a time: the other side is a machine, and a person looks at it."""


# -- what makes it think ----------------------------------------------------------------------------------------------


def customer_wrote(d: Deciding, content: Content, message_id: int, sent_at: datetime, *, first: bool) -> None:
    """A message came in and is stored. Plan the answer, if anything may answer."""
    if d.state.mode == "human" or d.state.status == "resolved":
        return
    fresh = d.at - sent_at < FRESH
    if first and fresh:
        _plan_greeting(d)
    if d.state.turn is not None:
        turns.cancel(d, "The customer wrote on.")
    if d.state.burst is not None or (fresh and _may_answer(d, content)):
        _plan(d, content, message_id)


def person_spoke(d: Deciding, why: str) -> None:
    """A person's word: whatever was about to be said by itself is not said."""
    fall_silent(d, "human", why)


def fall_silent(d: Deciding, how: ev.Ended, why: str) -> None:
    """Nothing is said by itself that was about to be. how: the end that a flow takes by it."""
    if d.state.turn is not None:
        turns.cancel(d, why)
    if d.state.burst is not None:
        d.add(ev.AnswerDropped(burst_id=d.state.burst.id, why=why))
    if d.state.flow is not None:
        flowing.end(d, how, why)
    if d.state.welcome_due is not None:
        d.add(ev.WelcomeDropped(why=why))


def _plan_greeting(d: Deciding) -> None:
    welcome = WELCOME.of(d.workspace)
    if welcome.enabled and welcome.message and not closed.speaks(d):
        due = d.at + timedelta(seconds=welcome.delay_seconds)
        d.add(ev.WelcomePlanned(due=due, delay_seconds=welcome.delay_seconds))


def _may_answer(d: Deciding, content: Content) -> bool:
    """Whether there is anything that could answer: most messages of most are for people, and cost nothing here."""
    if closed.speaks(d) or d.state.flow is not None or ai_allowed(d):
        return True
    return flowing.triggered(d, content.body or "") is not None


def ai_allowed(d: Deciding) -> bool:
    """The AI is on, and the plan includes it."""
    return AI.of(d.workspace).enabled and "ai" in limits_of(d.workspace, d.at).features


def _plan(d: Deciding, content: Content, message_id: int) -> None:
    burst = d.state.burst
    began = d.at if burst is None else burst.began_at
    due = min(d.at + timedelta(seconds=INBOX.of(d.workspace).quiet_seconds), max(began + LONGEST_BURST, d.at))
    if d.state.welcome_due is not None:
        due = max(due, d.state.welcome_due)
    d.add(
        ev.AnswerPlanned(
            burst_id=message_id if burst is None else burst.id,
            upto=message_id,
            began_at=began,
            due=due,
            choice=content.choice or (burst.choice if burst else None),
            text=ev.words_of(content),
        )
    )


# -- when the customer is quiet ---------------------------------------------------------------------------------------


def answer(d: Deciding) -> None:
    """The burst is over: answer it, by the order in the module's text."""
    burst = d.state.burst
    if burst is None:
        return
    if closed.speaks(d):
        _tell_closed(d, burst)
    elif _goes_round(d):
        _leave_to_a_person(d)
    elif flowing.go_on(d, burst):
        pass
    elif not d.is_open:
        _drop(d, burst, "The business is closed and has no message for that.")
    elif ai_allowed(d):
        turns.ask(d, burst)
    elif d.state.welcome_due is not None:
        greet(d)
    else:
        _drop(d, burst, "Nothing that answers by itself is on any more.")


def _goes_round(d: Deciding) -> bool:
    told = d.state.answered_at
    return len(told) >= MOST_ANSWERS and d.at - told[-MOST_ANSWERS] < LOOP_WITHIN


def _leave_to_a_person(d: Deciding) -> None:
    why = f"{MOST_ANSWERS} answers within {LOOP_WITHIN.seconds // 60} minutes: it looks like two machines talking."
    person_spoke(d, why)
    note(d, ev.Author("system"), why)
    d.add(ev.ConversationHandedOver(why=why))


def _tell_closed(d: Deciding, burst: Burst) -> None:
    if d.state.welcome_due is not None:
        d.add(ev.WelcomeDropped(why="The business is closed."))
    flowing.end_closed(d)
    if closed.told(d):
        _drop(d, burst, "The business is closed, which the customer was told already.")
        return
    d.add(ev.AnswerGiven(burst_id=burst.id, by="closed_hours", why="It came outside the opening hours."))
    say(d, ev.Author("system"), BUSINESS_HOURS.of(d.workspace).message or "", "closed_hours")
    closed.tell_until_open(d)


def _drop(d: Deciding, burst: Burst, why: str) -> None:
    d.add(ev.AnswerDropped(burst_id=burst.id, why=why))


def greet(d: Deciding) -> None:
    """The greeting goes out now, if it is still on and the business is open enough for it."""
    welcome, burst = WELCOME.of(d.workspace), d.state.burst
    if not (welcome.enabled and welcome.message):
        d.add(ev.WelcomeDropped(why="The greeting was switched off in the meantime."))
    elif closed.speaks(d):
        d.add(ev.WelcomeDropped(why="The business is closed."))
    else:
        if burst is not None:
            d.add(ev.AnswerGiven(burst_id=burst.id, by="welcome", why="It is the contact's first message."))
        message_id = say(d, ev.Author("system"), welcome.message, "welcome")
        d.add(ev.WelcomeSent(message_id=message_id))


# -- folding ----------------------------------------------------------------------------------------------------------


@evolve.on(ev.WelcomePlanned)
def _welcome_planned(state: Conversation, event: ev.WelcomePlanned) -> Conversation:
    return replace(state, welcome_due=event.due)


@evolve.on(ev.WelcomeDropped, ev.WelcomeSent)
def _welcome_over(state: Conversation, event: object) -> Conversation:
    return replace(state, welcome_due=None)


@evolve.on(ev.AnswerPlanned)
def _planned(state: Conversation, event: ev.AnswerPlanned) -> Conversation:
    texts = (*(state.burst.texts if state.burst else ()), event.text)[-MOST_TEXTS:]
    choice = event.choice or (state.burst.choice if state.burst else None)
    burst = Burst(event.burst_id, event.upto, event.began_at, event.due, texts, choice)
    return replace(state, burst=burst)


@evolve.on(ev.AnswerDropped)
def _dropped(state: Conversation, event: ev.AnswerDropped) -> Conversation:
    return replace(state, burst=None)


@evolve.on(ev.AnswerGiven)
def _given(state: Conversation, event: ev.AnswerGiven) -> Conversation:
    told = () if event.at is None else (event.at,)
    return replace(state, burst=None, answered_at=(*state.answered_at, *told)[-MOST_ANSWERS:])


@evolve.on(ev.ConversationHandedOver)
def _handed_over(state: Conversation, event: ev.ConversationHandedOver) -> Conversation:
    return replace(state, mode="human")


@evolve.on(ev.ConversationGivenBack)
def _given_back(state: Conversation, event: ev.ConversationGivenBack) -> Conversation:
    return replace(state, mode="idle")


KINDS_OF_WORDS = frozenset(
    {
        MessageKind.TEXT,
        MessageKind.IMAGE,
        MessageKind.VIDEO,
        MessageKind.AUDIO,
        MessageKind.DOCUMENT,
        MessageKind.LOCATION,
        MessageKind.CONTACT,
    }
)
"""What counts as a customer's word. A sticker or a reaction answers nothing and asks nothing."""
