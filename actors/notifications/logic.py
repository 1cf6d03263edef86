"""What mails, pushes and the digest bring to the actors."""

from __future__ import annotations

from plixa.actors.feature import Logic, Root, RootTimer
from plixa.actors.notifications import digest, mail, push, told
from plixa.actors.notifications.digest_config import DIGEST

LOGIC = Logic(
    configs=(DIGEST,),
    root=Root(
        decides=(mail.decide, digest.decide, push.decide),
        evolves=(mail.evolve, digest.evolve, push.evolve),
        timers={digest.TIMER: RootTimer(lambda workspace: workspace.digest_due, digest.fired)},
        effects=(mail.effects, digest.effects),
        done={digest.WHAT: digest.done},
    ),
    tells=told.TELLS,
)
