"""What the owners are told of their customers' money, by mail: a dispute and its end, and money for what is gone.

A payment is an actor of its own, mails are the workspace's: so each piece of news is an effect of the payment, and asks
for its mails under its id, once, however often it is carried out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from plixa.actors.notifications.mail import mail
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider
from plixa.engine.events import Event

News = Literal["disputed", "dispute_won", "dispute_lost", "without_slot"]
LETTERS: dict[News, str] = {
    "disputed": "payment_disputed",
    "dispute_won": "payment_dispute_won",
    "dispute_lost": "payment_dispute_lost",
    "without_slot": "payment_without_slot",
}
WON = frozenset({"won", "warning_closed", "prevented"})
decide: Decider[Workspace] = Decider()


class TellOwners(Command, frozen=True, kw_only=True, tag=True):
    """about: the effect that asks. values: what the letter says beside the workspace's name."""

    news: News
    about: str
    values: dict[str, Any]


def news_of(dispute: str | None) -> News | None:
    """What a dispute's status at Stripe means; None: there is none."""
    if dispute is None:
        return None
    return "dispute_lost" if dispute == "lost" else "dispute_won" if dispute in WON else "disputed"


@decide.on(TellOwners)
def _tell(state: Workspace, command: TellOwners, now: Moment) -> Sequence[Event]:
    if command.about in state.mailed_of or state.status == "erased":
        return []
    values = {"company": state.name, **command.values}
    owners = [member.id for member in state.members.values() if member.role == "owner"]
    return [mail(now, LETTERS[command.news], user_id=id_, values=values, of=command.about) for id_ in owners]
