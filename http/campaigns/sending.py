"""What sends campaigns: one mail after the other, so many a second, and no person twice.

What happens when …

- the process ends after a recipient is `sending` and before the far end has answered, or the far end does not know:
  where the same mail may be handed over again (Resend within a day, the folder), it is, under the same id; else it
  stays `unknown`, for good.
- the far end is away or busy, or our key is wrong: the recipient is queued again; the campaign rests a minute, or as
  long as the far end says, an hour at most.
- an address is none: that one is `failed`; the campaign goes on.
- the database is away after a mail has gone out: its row is written as soon as it is back.
- many bounce, or complain: it pauses, or stops, by itself (`brake`).
- somebody unsubscribes meanwhile: they are passed over at the next claim.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import structlog
import trio

from plixa.actors.campaigns.campaign import Campaign, FinishCampaign, PauseCampaign
from plixa.engine.errors import Invalid, PlixaError
from plixa.engine.ports import Address
from plixa.http.api.services import Services
from plixa.http.campaigns.leaving import token_of
from plixa.http.campaigns.letters import Person, letter
from plixa.http.campaigns.settings import CAMPAIGN_RATE
from plixa.http.clients.mail.errors import MailLater, MailRefused, MailUncertain
from plixa.http.clients.mail.port import Mail, Mailer
from plixa.storage.campaigns import recipients

LOOK = 2.0
LONGEST_REST = 3600.0
ENOUGH = 200
"""So many mails must have gone out before rates of bounces and complaints say anything."""
PAUSES, STOPS = (0.04, 0.001), (0.08, 0.003)
"""Bounces and complaints, each of what was sent."""
log = structlog.get_logger("plixa.campaigns")


class Sending:
    """The service."""

    def __init__(self, services: Services, mailer: Mailer) -> None:
        self._services = services
        self._mailer = mailer
        self._rest_until = 0.0

    async def run(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Send what is to be sent, until cancelled."""
        task_status.started()
        work = self._services.once(self._work_all)
        while True:
            try:
                await work()
            except PlixaError as error:
                log.warning("campaigns_wait", error=str(error))
            await trio.sleep(max(LOOK, self._rest_until - trio.current_time()))

    async def _work_all(self) -> None:
        for campaign in await self._read(recipients.sending):
            await self.work(campaign)

    async def work(self, campaign: int) -> None:
        """Go on with a campaign until it is over, paused, or has to rest."""
        await self._take_up(campaign)
        sent = 0
        while (state := await self._state(campaign)).status == "sending":
            if sent % 50 == 0 and (why := await self._braked(campaign)) is not None:
                await self._ask(campaign, why)
                return
            row = await self._read(recipients.claim, campaign, self._now)
            if row is None:
                if await self._read(recipients.is_over, campaign):
                    await self._ask(campaign, FinishCampaign())
                return
            if not await self._send(state, row):
                return
            sent += 1
            await trio.sleep(1 / self._services.settings[CAMPAIGN_RATE])

    async def _take_up(self, campaign: int) -> None:
        """What an earlier life was sending: again where that makes no second mail, and never where it might."""
        for row in await self._read(recipients.left_behind, campaign, self._now - recipients.LOST_AFTER):
            if self._now - row["claimed_at"] < self._mailer.repeatable:
                await self._send(await self._state(campaign), row)
            else:
                await self._settle(row, "unknown", reason="It may have gone out when the server stopped.")

    async def _send(self, state: Campaign, row: Any) -> bool:
        """Hand one mail over; false where the campaign has to rest."""
        try:
            mail_id = await self._mailer.send(self._mail(state, row))
        except (MailRefused, Invalid) as error:
            await self._settle(row, "failed", reason=str(error))
        except MailUncertain as error:
            if self._mailer.repeatable:
                return self._rest(60.0)  # it stays `sending`: handed over again under the same id
            await self._settle(row, "unknown", reason=str(error))
        except MailLater as error:
            await self._read(recipients.put_back, row["id"], self._now)
            log.warning("campaign_rests", campaign=state.id, error=str(error))
            return self._rest(error.after or 60.0)
        else:
            await self._settle(row, "sent", mail_id=mail_id)
        return True

    def _mail(self, state: Campaign, row: Any) -> Mail:
        person = Person(row["email"], row["name"], row["company"], row["locale"])
        token = token_of(self._services.store.keyring.application_key, bytes(row["email_hash"]))
        url = f"{self._services.public_url}/v1/unsubscribe/{token}"
        return letter(state.subject, (state.html, state.text), person, url, f"campaign-{state.id}-{row['id']}")

    def _rest(self, seconds: float) -> bool:
        self._rest_until = trio.current_time() + min(seconds, LONGEST_REST)
        return False

    async def _braked(self, campaign: int) -> PauseCampaign | None:
        found = await self._read(recipients.counts, campaign)
        return brake(found)

    async def _settle(self, row: Any, status: str, *, mail_id: str | None = None, reason: str | None = None) -> None:
        """Book it, however long the database is away: the mail is out, and its row must say so."""
        while True:
            try:
                await self._read(recipients.settle, row["id"], status, self._now, mail_id=mail_id, reason=reason)
            except PlixaError as error:
                log.warning("campaign_not_booked", error=str(error))
                await trio.sleep(1)
            else:
                return

    async def _state(self, campaign: int) -> Campaign:
        state: Campaign = await self._services.bus.state(Address(0, "campaign", campaign))
        return state

    async def _ask(self, campaign: int, command: Any) -> None:
        address = Address(0, "campaign", campaign)
        await self._services.bus.ask(address, command, actor="system", cause="campaigns")

    async def _read(self, query: Any, *args: Any, **named: Any) -> Any:
        return await self._services.database.run(query, *args, **named)

    @property
    def _now(self) -> datetime:
        return self._services.clock.now()


def brake(found: dict[str, int]) -> PauseCampaign | None:
    """Whether so many bounces or complaints are reason to pause, or to stop."""
    gone = sum(found[each] for each in ("sent", "delayed", "delivered", "bounced", "complained"))
    if gone < ENOUGH:
        return None
    bounces, complaints = found["bounced"] / gone, found["complained"] / gone
    for (most_bounces, most_complaints), hard in ((STOPS, True), (PAUSES, False)):
        if bounces > most_bounces or complaints > most_complaints:
            return PauseCampaign(reason=f"{bounces:.1%} bounced, {complaints:.2%} complained", hard=hard)
    return None
