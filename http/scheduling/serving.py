"""Booking in the chat: the customer taps their way to a time, and to what they have booked.

    which service → times ⇄ days → booked, or held while it is paid, or asked for
                      ↘ none of these → the waitlist, a person, or nothing

A flow's step, the AI (with a model or without) and a reminder's buttons all lead into this one dialogue: so nobody says
that something is booked but the agenda, after it is. Each step is an effect: what an option means stands in its subject
(`Place`), so that a tap is understood however late it comes.

What raises, hangs or is cut: the step is done again. The words have the effect's key and are said once; a time that the
customer has already is not booked a second time (`paying.same`); a time that somebody else got meanwhile is told, with
what is free instead. What it comes to is told to the flow that waits for it, after the customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from plixa.actors.conversation import commands as chat
from plixa.actors.conversation.state import Conversation
from plixa.actors.scheduling import commands as cmd
from plixa.actors.scheduling.deciding import bookable, providers_for
from plixa.actors.scheduling.events import HOLDING, Claim
from plixa.actors.scheduling.offering import Service
from plixa.actors.scheduling.paying import same
from plixa.actors.scheduling.phrases import Phrase, phrase, short, short_day, when
from plixa.actors.scheduling.state import Agenda
from plixa.actors.scheduling.view import shown_at
from plixa.engine.actor import Outcome
from plixa.engine.errors import Conflict, Duplicate, Invalid, NotFound
from plixa.engine.ports import StoredEffect
from plixa.http.api.services import Services
from plixa.http.outbox.reports import NotWanted
from plixa.http.outbox.telling import tell
from plixa.http.scheduling.asking import Book, agenda_of, open_book, refused
from plixa.http.scheduling.concerning import series_of, ways_on
from plixa.http.scheduling.inviting import INVITES
from plixa.http.scheduling.other_calendars import look_before
from plixa.http.scheduling.owing import Owing
from plixa.http.scheduling.saying import Option, Words, say
from plixa.http.scheduling.subjects import Place, Subject
from plixa.http.scheduling.times import asked
from plixa.http.scheduling.times_free import Free
from plixa.http.scheduling.wording import deposit, line
from plixa.storage.scheduling import reads

MOST_SERVICES, MOST_OWN = 10, 9
OWN_WAYS: tuple[Phrase, ...] = ("move", "cancel", "file", "keep")
Ended = Literal["booked", "none", "waitlisted", "person"]


@dataclass(frozen=True, slots=True)
class Talk:
    """One step of it. contact_id: who the customer is."""

    stored: StoredEffect
    conversation: int
    contact_id: int
    book: Book
    now: datetime

    @property
    def tenant(self) -> int:
        """Whose agenda it is."""
        return self.stored.owner.tenant

    @property
    def locale(self) -> str:
        """In which language it is said."""
        return self.book.workspace.locale

    def option(self, action: str, label: Phrase) -> Option:
        """One of the ways on."""
        return action, phrase(label, self.locale)


class Serving:
    """See the module's text."""

    def __init__(self, services: Services, owing: Owing) -> None:
        self._services = services
        self._owing = owing

    # -- how it begins ------------------------------------------------------------------------------------------------

    async def ask(self, stored: StoredEffect) -> None:
        """What a flow or the AI leads to."""
        request = stored.effect.request
        talk = await self.open(stored)
        place = Place("slots", "f" if request["source"] == "flow" else "a", request["service_id"] or 0)
        match request["action"]:
            case "book":
                await self._wanted(talk, place, request["start"])
            case "mine":
                await self._mine(talk)
            case "move" | "cancel" | "file":
                await self._change(talk, request["action"], request["appointment_id"])
            case _:
                day = None if request["day"] is None else date.fromisoformat(request["day"])
                lead: Phrase = "not_understood" if request["again"] else "free"
                await self._list(talk, place, lead=lead, day=day)

    async def open(self, stored: StoredEffect) -> Talk:
        """Whom it is about. Raises `NotWanted` where there is nobody any more."""
        state: Conversation = await self._services.bus.state(stored.owner)
        if state.deleted or not state.contact_id:
            raise NotWanted("There is nobody to talk to.")
        book = await open_book(self._services, stored.owner.tenant)
        return Talk(stored, stored.owner.id, state.contact_id, book, self._services.clock.now())

    async def _wanted(self, talk: Talk, place: Place, written: str) -> None:
        """The very time that they asked for."""
        service = self._service(talk, place)
        if service is None:
            return await self._list(talk, place)
        zone = talk.book.offering.zone_of_all(providers_for(talk.book.offering, service, None))
        try:
            start = asked(datetime.fromisoformat(written), zone, "start")
        except (ValueError, Invalid):
            return await self._list(talk, place)
        return await self._take(talk, place, start)

    async def _change(self, talk: Talk, action: str, appointment_id: int) -> None:
        """Of theirs alone: nobody else's appointment is spoken of."""
        claim = talk.book.agenda.find(appointment_id)
        if claim is None or claim.contact_id != talk.contact_id or not claim.holds:
            return await self._mine(talk)
        if action == "move":
            return await self.move(talk, claim)
        if action == "file":
            ids = [each.id for each in series_of(claim, talk.book.agenda)]
            return await self._say_words(talk, Words(file=await self._services[INVITES].file(talk.tenant, ids)))
        sure = Subject("cancel", ((claim.id, claim.revision),))
        options = [talk.option("yes_cancel", "yes_cancel"), talk.option("keep", "keep")]
        return await self._say(talk, "sure", [claim], str(sure), options)

    async def move(self, talk: Talk, claim: Claim) -> None:
        """Show what it can be moved to."""
        place = Place("slots", "c", claim.service_id, claim.id, claim.revision)
        await self._list(talk, place)

    # -- what they choose ---------------------------------------------------------------------------------------------

    async def answer(self, stored: StoredEffect, place: Place) -> None:
        """An option of this dialogue."""
        action, talk = str(stored.effect.request["action"]), await self.open(stored)
        value = int(action[1:]) if action[1:].isascii() and action[1:].isdigit() else 0
        match action[:1]:
            case "s":
                await self._list(talk, replace(place, sort="slots", service_id=value))
            case "t":
                await self._take(talk, place, value)
            case "m":
                await self._list(talk, place, after=value)
            case "e":
                await self._days(talk, place, date.fromordinal(value))
            case "d":
                await self._list(talk, place, day=date.fromordinal(value))
            case "n":
                await self._nobody(talk, place, "nobody_asked")
            case "w":
                await self._wait(talk, place)
            case "p":
                await self._end(talk, place, "person", "person_comes")
            case "a":
                await self._own(talk, value)
            case _:
                await self._end(talk, place, "none", "left")

    async def _list(
        self,
        talk: Talk,
        place: Place,
        *,
        lead: Phrase = "free",
        after: int = 0,
        day: date | None = None,
    ) -> None:
        service = self._service(talk, place)
        if service is None:
            return await self._which(talk, place)
        free = self._free(talk, place, service)
        starts = await free.starts(free.begins(day) if day else after)
        if not starts and (after or day):
            starts = await free.starts()
        if not starts:
            return await self._nobody(talk, place, "nothing_free")
        times = [(f"t{start}", short(free.at(start), talk.locale)) for start in starts]
        following = free.at(starts[-1]).date().toordinal() + 1
        ways = [
            talk.option(f"m{starts[-1]}", "more"),
            talk.option(f"e{following}", "other_day"),
            talk.option("n", "nobody"),
        ]
        return await self._words(talk, phrase(lead, talk.locale), place, [*times, *ways])

    async def _which(self, talk: Talk, place: Place) -> None:
        """Which service; the only one needs no choice."""
        active = (each for each in talk.book.offering.services.values() if each.is_active)
        services = sorted(active, key=lambda each: each.name)[:MOST_SERVICES]
        if not services:
            return await self._end(talk, place, "person", "person_comes")
        if len(services) == 1 and place.service_id != services[0].id:
            return await self._list(talk, replace(place, service_id=services[0].id))
        options = [(f"s{each.id}", each.name[:24].strip()) for each in services]
        return await self._words(talk, phrase("which", talk.locale), replace(place, sort="services"), options)

    async def _days(self, talk: Talk, place: Place, first: date) -> None:
        service = self._service(talk, place)
        if service is None:
            return await self._which(talk, place)
        days = await self._free(talk, place, service).days(first)
        if not days:
            return await self._list(talk, place)
        options = [(f"d{day.toordinal()}", short_day(day, talk.locale)) for day in days]
        ways = [talk.option(f"e{days[-1].toordinal() + 1}", "other_day"), talk.option("n", "nobody")]
        return await self._words(talk, phrase("days", talk.locale), place, [*options, *ways])

    async def _nobody(self, talk: Talk, place: Place, why: Literal["nothing_free", "nobody_asked"]) -> None:
        """None of these: what else there is. Who moves what they have keeps it."""
        wait = [] if place.moves else [talk.option("w", "wait")]
        options = [*wait, talk.option("p", "person"), talk.option("l", "leave")]
        await self._words(talk, phrase(why, talk.locale), place, options)

    async def _wait(self, talk: Talk, place: Place) -> None:
        command = cmd.JoinWaitlist(
            service_id=place.service_id, contact_id=talk.contact_id, conversation_id=talk.conversation
        )
        try:
            await self._ask(talk, command)
        except (Conflict, Invalid):
            return await self._end(talk, place, "person", "person_comes")
        return await self._end(talk, place, "waitlisted", "waits")

    async def _take(self, talk: Talk, place: Place, start: int) -> None:
        """Book it, or move there what they have."""
        if place.moves:
            return await self._moved(talk, place, start)
        service = self._service(talk, place)
        if service is None:
            return await self._which(talk, place)
        if (await look_before(self._services, talk.tenant, service, None, start)).old:
            return await self._end(talk, place, "person", "person_comes")  # no machine confirms on so old a picture
        command = cmd.Book(
            service_id=service.id,
            start=start,
            source=place.booked_by,
            contact_id=talk.contact_id,
            conversation_id=talk.conversation,
            collects=bool(service.deposit_cents) and await self._owing.collects(talk.tenant),
        )
        try:
            outcome = await self._ask(talk, command)
        except Conflict:
            return await self._list(talk, place, lead="taken", after=start - 1)
        except Invalid:
            return await self._end(talk, place, "person", "person_comes")
        agenda: Agenda = outcome.state
        claim = same(agenda, service.id, start, talk.contact_id)
        if claim is None:
            raise NotFound("appointment")
        return await self.told(talk, place, claim)

    async def told(self, talk: Talk, place: Place | None, claim: Claim) -> None:
        """What they have now, which may be to be paid."""
        text = "\n".join([await self._standing(talk, claim), line(claim, talk.book)])
        await self._say_words(talk, self._with_ways(talk, Words(text=text), claim))
        if place is not None:
            await self._tell_flow(talk, claim.service_id, "booked")

    def _with_ways(self, talk: Talk, words: Words, claim: Claim) -> Words:
        """What is theirs can be had as a file."""
        subject, ways = ways_on("booked", [claim])
        options = [talk.option(each, each) for each in ways if each == "file"]
        return replace(words, subject=None if subject is None else str(subject), options=options)

    async def _standing(self, talk: Talk, claim: Claim) -> str:
        if claim.awaits == "payment" and claim.holds_until is not None:
            url = await self._owing.link(talk.tenant, claim.id)
            zone = talk.book.offering.zone_of(claim.provider_id)
            until = when(shown_at(int(claim.holds_until.timestamp()) // 60, zone), talk.locale)
            return f"{phrase('pay', talk.locale).format(amount=deposit(claim), until=until)}\n{url}\n"
        return phrase("asked_for" if claim.status == "pending" else "booked", talk.locale)

    async def _moved(self, talk: Talk, place: Place, start: int) -> None:
        command = cmd.Reschedule(appointment_id=place.moves, start=start, by="contact", revision=place.revision or None)
        try:
            outcome = await self._ask(talk, command)
        except NotFound:
            return await self._say(talk, "over", [])
        except Conflict as error:
            return await self._not_moved(talk, place, start, error)
        agenda: Agenda = outcome.state
        claim = agenda.must_have(place.moves)
        text = f"{phrase('moved', talk.locale)}\n{line(claim, talk.book)}"
        return await self._say_words(talk, self._with_ways(talk, Words(text=text), claim))

    async def _not_moved(self, talk: Talk, place: Place, start: int, error: Conflict) -> None:
        claim = talk.book.agenda.find(place.moves)
        if error.code == "TOO_LATE":
            why = "The customer wants to move an appointment, later than they may by themselves."
            return await self._say(talk, "too_late", [claim] if claim else [], hands_over=why)
        if error.code != "STATUS_CONFLICT":
            return await self._list(talk, place, lead="taken", after=start - 1)
        holding = [claim] if claim is not None and claim.holds else []
        return await self._say(talk, "moved_to" if holding else "over", holding)

    # -- what they have -----------------------------------------------------------------------------------------------

    async def _mine(self, talk: Talk) -> None:
        rows = await self._services.database.run(
            reads.of_contact, talk.tenant, talk.contact_id, talk.now, HOLDING, MOST_OWN
        )
        claims = [claim for claim in map(talk.book.agenda.find, (row["id"] for row in rows)) if claim is not None]
        if not claims:
            return await self._say(talk, "none_booked", [])
        if len(claims) == 1:
            return await self._own(talk, claims[0].id)
        options = [(f"a{each.id}", self._short(talk, each)) for each in claims]
        return await self._words(talk, phrase("mine", talk.locale), Place("mine", "c", 0), options)

    def _short(self, talk: Talk, claim: Claim) -> str:
        return short(shown_at(claim.start, talk.book.offering.zone_of(claim.provider_id)), talk.locale)

    async def _own(self, talk: Talk, appointment_id: int) -> None:
        claim = talk.book.agenda.find(appointment_id)
        if claim is None or claim.contact_id != talk.contact_id or not claim.holds:
            return await self._say(talk, "over", [])
        subject = Subject("mine", ((claim.id, claim.revision),))
        options = [talk.option(each, each) for each in OWN_WAYS]
        return await self._say(talk, "mine", [claim], str(subject), options)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _service(self, talk: Talk, place: Place) -> Service | None:
        """The service that is talked about, if it can be booked."""
        try:
            service = bookable(talk.book.offering, place.service_id)
            providers_for(talk.book.offering, service, None)
        except Invalid:
            return None
        return service

    def _free(self, talk: Talk, place: Place, service: Service) -> Free:
        claim = talk.book.agenda.find(place.moves) if place.moves else None
        if claim is None:
            return Free(talk.book, service, providers_for(talk.book.offering, service, None), talk.now)
        return Free(talk.book, service, [claim.provider_id], talk.now, (claim.id,))

    async def _ask(self, talk: Talk, command: Any) -> Outcome:
        try:
            return await self._services.bus.ask(
                agenda_of(talk.tenant), command, actor="contact", cause=f"effect:{talk.stored.effect.id}"
            )
        except Duplicate as error:
            raise refused(error) from None

    async def _end(self, talk: Talk, place: Place, how: Ended, what: Phrase) -> None:
        """The dialogue is over. A flow that waits has its own words for a person who is wanted."""
        if how != "person" or place.source != "f":
            await self._say(talk, what, [])
        await self._tell_flow(talk, place.service_id, how)

    async def _tell_flow(self, talk: Talk, service_id: int, how: Ended) -> None:
        command = chat.AgendaCameBack(service_id=service_id, outcome=how)
        await tell(self._services, talk.stored, talk.conversation, command)

    async def _words(self, talk: Talk, text: str, place: Place, options: Sequence[Option]) -> None:
        await self._say_words(talk, Words(text=text, subject=str(place), options=options))

    async def _say(
        self,
        talk: Talk,
        what: Phrase,
        claims: Sequence[Claim],
        subject: str | None = None,
        options: Sequence[Option] = (),
        hands_over: str | None = None,
    ) -> None:
        text = "\n".join([phrase(what, talk.locale), *(line(each, talk.book) for each in claims)])
        await self._say_words(talk, Words(text=text, subject=subject, options=options, hands_over=hands_over))

    async def _say_words(self, talk: Talk, words: Words) -> None:
        await say(self._services, talk.stored, talk.conversation, words, talk.locale)
