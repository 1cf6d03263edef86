"""What appointments have to do with money: what is owed for one, and what it becomes when that is paid.

This is the agenda's side of `http/payments/port.py`. What hangs or is cut: the payment tells it again until it has an
answer, and paid twice is paid once. Money never books anybody beside somebody else: the guard decides in the agenda's
own turn, and the database judges after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from plixa.actors.payments.payment import SETTLED, Payment
from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.events import HOLDING, Claim
from plixa.actors.scheduling.state import Agenda
from plixa.actors.scheduling.walls import instant
from plixa.engine.actor import Command
from plixa.engine.errors import Duplicate, NotFound, PlixaError
from plixa.http.api.services import Services
from plixa.http.payments.parts import DEPOSITS
from plixa.http.payments.port import Owed
from plixa.http.scheduling.asking import agenda_of, open_book
from plixa.http.scheduling.wording import line
from plixa.storage.payments import reads as payments
from plixa.storage.scheduling import reads
from plixa.storage.scheduling.statements import CLAIMED

Row = Mapping[str, Any]
Shown = dict[str, Any]


class Owing:
    """What the agenda answers to payments."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def owed(self, tenant: int, appointment: int) -> Owed:
        """What is owed for it. Raises `NotFound`."""
        book = await open_book(self._services, tenant)
        claim = book.agenda.find(appointment)
        if claim is None:
            return await self._long_ago(tenant, appointment)
        return Owed(
            amount=claim.deposit,
            currency=claim.currency,
            contact_id=claim.contact_id,
            text=line(claim, book),
            locale=book.workspace.locale,
            alive=_alive(claim),
            begins_at=instant(claim.start),
        )

    async def _long_ago(self, tenant: int, appointment: int) -> Owed:
        """Of one that the agenda does not remember any more nothing can be asked."""
        if await self._services.database.run(reads.get_appointment, tenant, appointment) is None:
            raise NotFound("appointment")
        return Owed(amount=0, currency="", contact_id=None, text="", alive=False)

    async def paid(self, tenant: int, appointment: int) -> bool:
        """It is paid: whether it can still be had."""
        command = cmd.Pay(appointment_id=appointment)
        try:
            outcome = await self._services.bus.ask(agenda_of(tenant), command, actor="system", cause="payments")
        except NotFound:
            return False
        except Duplicate as error:
            if error.constraint == CLAIMED:
                return False
            raise
        agenda: Agenda = outcome.state
        claim = agenda.find(appointment)
        return claim is not None and claim.status != "cancelled"

    async def waits(self, tenant: int, appointment: int, until: datetime) -> None:
        """A voucher or a code is on its way to be paid: its time is held so long, or taken back where it is free."""
        await self._told(tenant, cmd.HoldOn(appointment_id=appointment, until=until))

    async def lapsed(self, tenant: int, appointment: int) -> None:
        """Nothing will come of it: its time is free."""
        await self._told(tenant, cmd.LetGo(appointment_id=appointment))

    async def _told(self, tenant: int, command: Command) -> None:
        try:
            await self._services.bus.ask(agenda_of(tenant), command, actor="system", cause="payments")
        except NotFound:
            return
        except Duplicate as error:
            if error.constraint != CLAIMED:
                raise

    async def collects(self, tenant: int) -> bool:
        """Whether customers can pay now: the workspace's account can take money, as far as is known."""
        try:
            await self._services[DEPOSITS].ready_account(tenant)
        except (PlixaError, LookupError):
            return False
        return True

    async def link(self, tenant: int, appointment: int) -> str:
        """Where it is paid. Raises what `Deposits.link` does."""
        return (await self._services[DEPOSITS].link(tenant, appointment, "system"))[0]

    async def shown(self, tenant: int, rows: Sequence[Row]) -> dict[int, Shown | None]:
        """How each appointment stands with its money, by id."""
        owing = [row for row in rows if row["deposit_cents"]]
        if not owing:
            return dict.fromkeys((row["id"] for row in rows), None)
        known = await self._services.database.run(payments.of_appointments, tenant, [row["id"] for row in owing])
        return {row["id"]: self._shown(tenant, row, known.get(row["id"])) for row in rows}

    def _shown(self, tenant: int, row: Row, data: Any) -> Shown | None:
        if not row["deposit_cents"]:
            return None
        payment = Payment(id=row["id"]) if data is None else msgspec.convert(data, Payment, strict=False)
        settled = payment.status in SETTLED
        alive = row["status"] in HOLDING and not settled
        return {
            "status": _status(payment, alive=alive),
            "amount_cents": payment.amount if settled else row["deposit_cents"],
            "currency": payment.currency if settled else row["currency"],
            "url": self._url(tenant, row["id"]) if alive and payment.status != "none" else None,
            "expires_at": _ends(row),
        }

    def _url(self, tenant: int, appointment: int) -> str:
        return f"{self._services.public_url}/pay/{self._services[DEPOSITS].token(tenant, appointment)}"


def _alive(claim: Claim) -> bool:
    """Who is not sure to be taken is not asked for money."""
    return claim.holds and (claim.status != "pending" or claim.awaits == "payment")


def _status(payment: Payment, *, alive: bool) -> str:
    if payment.status in ("none", "asked"):
        return "owed" if alive else "none"
    return payment.status if alive or payment.status in SETTLED else "none"


def _ends(row: Row) -> datetime | None:
    ends: datetime | None = row["pays_until"]
    return ends
