"""What payments bring to the actors."""

from __future__ import annotations

from plixa.actors.feature import Logic, Root
from plixa.actors.payments import account, notices
from plixa.actors.payments.payment import PAYMENT
from plixa.actors.payments.told import TELLS

LOGIC = Logic(
    kinds=(PAYMENT,),
    root=Root(
        decides=(account.decide, notices.decide),
        evolves=(account.evolve,),
        held=(account.ACCOUNT,),
    ),
    tells=TELLS,
)
