"""The satisfaction survey in a conversation: asked when it is resolved, answered by the customer's next words.

What words mean is in `csat.py` and `rating.py`. While the business is closed nothing is asked.
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace

from plixa.actors.conversation import csat, events as ev
from plixa.actors.conversation.configs.csat import CSAT
from plixa.actors.conversation.deciding import Deciding
from plixa.actors.conversation.speaking import say
from plixa.actors.conversation.state import Conversation
from plixa.engine.dispatch import Evolver

evolve: Evolver[Conversation] = Evolver()

SYSTEM = ev.Author("system")


def ask(d: Deciding) -> None:
    """The conversation has just been resolved."""
    if not CSAT.of(d.workspace).enabled or not d.state.wrote_this_episode or not d.is_open:
        return
    d.add(ev.CsatAsked(asked_at=d.at, episode=d.state.episode, user_id=d.state.assigned_user_id))
    _reply(d, "question")


def is_for_survey(d: Deciding, text: str | None) -> bool:
    """Whether the survey takes this message of a resolved conversation; if not, it is a new request."""
    survey = d.state.survey
    if survey is None or survey.stage == "done":
        return False
    return csat.take(survey, text, d.at, follow_up=CSAT.of(d.workspace).follow_up_enabled).kind != "not_ours"


def heard(d: Deciding, text: str | None) -> None:
    """The survey takes it."""
    survey = d.state.survey
    if survey is None:
        return
    taken = csat.take(survey, text, d.at, follow_up=CSAT.of(d.workspace).follow_up_enabled)
    episode = survey.episode
    match taken.kind:
        case "rated":
            stage: Literal["comment", "done"] = "comment" if taken.state.stage == "comment" else "done"
            rating = taken.state.rating or 0
            d.add(ev.CsatRated(rating=rating, rated_at=d.at, episode=episode, stage=stage, why=taken.why))
            if taken.state.comment and survey.comment is None:
                d.add(ev.CsatCommented(episode=episode, comment=taken.state.comment))
        case "commented":
            d.add(ev.CsatCommented(episode=episode, comment=taken.state.comment or ""))
        case "asked_again":
            d.add(ev.CsatAskedAgain(episode=episode))
        case "declined" | "not_ours":
            d.add(ev.CsatEnded(episode=episode, why=taken.why))
    if taken.reply is not None and d.is_open:
        _reply(d, taken.reply)


def end(d: Deciding, why: str) -> None:
    """Nothing more is waited for, if anything was."""
    if d.state.survey is not None and d.state.survey.stage != "done":
        d.add(ev.CsatEnded(episode=d.state.survey.episode, why=why))


def _reply(d: Deciding, key: csat.TextKey) -> None:
    text = csat.wording(CSAT.of(d.workspace), key, d.workspace.locale)
    if text:
        say(d, SYSTEM, text, f"csat:{key}")


# -- folding ----------------------------------------------------------------------------------------------------------


@evolve.on(ev.CsatAsked)
def _asked(state: Conversation, event: ev.CsatAsked) -> Conversation:
    return replace(state, survey=csat.ask(event.asked_at, event.episode))


@evolve.on(ev.CsatRated)
def _rated(state: Conversation, event: ev.CsatRated) -> Conversation:
    survey = state.survey or csat.ask(event.rated_at, event.episode)
    rated = replace(survey, stage=event.stage, rating=event.rating, rated_at=event.rated_at)
    return replace(state, survey=rated)


@evolve.on(ev.CsatCommented)
def _commented(state: Conversation, event: ev.CsatCommented) -> Conversation:
    survey = state.survey
    return state if survey is None else replace(state, survey=replace(survey, stage="done", comment=event.comment))


@evolve.on(ev.CsatAskedAgain)
def _asked_again(state: Conversation, event: ev.CsatAskedAgain) -> Conversation:
    survey = state.survey
    return state if survey is None else replace(state, survey=replace(survey, asked_again=True))


@evolve.on(ev.CsatEnded)
def _ended(state: Conversation, event: ev.CsatEnded) -> Conversation:
    survey = state.survey
    return state if survey is None else replace(state, survey=replace(survey, stage="done"))
