"""Random lives of an agenda with all that it has: deposits, vouchers and money that comes late, approvals, a waitlist,
closures that come and go, reminders, new settings, providers' other calendars, contacts that are merged or erased.

They are lived where clocks change in the midst, too. Processes die: before a commit, as if nobody had asked; after
it and before anybody heard of it, so that whoever asks does so again; and their states are folded anew.
After every step all that must hold is judged by brute force, times by what the wall reads.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.actors.agenda_minutes import busiest, is_there, local
from tests.actors.given import Given, replay
from tests.actors.test_agenda import ANA, BIA, LEO, ROOM, WEEK, no_unit_is_held_twice, offering

from plixa.actors.scheduling import commands as cmd, deciding
from plixa.actors.scheduling.deciding import AGENDA, effects
from plixa.actors.scheduling.events import (
    AppointmentBooked,
    AppointmentPaid,
    Claim,
    ReminderDue,
    Wish,
)
from plixa.actors.scheduling.offering import Provider, Resource, Service
from plixa.actors.scheduling.reminding import EVENING, LATE, MORNING, all_planned
from plixa.actors.scheduling.rules import Rule
from plixa.actors.scheduling.telling import STAFF
from plixa.actors.scheduling.walls import minute_of
from plixa.engine.actor import TimerFired
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event

CONTACTS = (31, 32, 33)
FREE = Service(id=1, name="Corte", duration_minutes=45, buffer_after_minutes=15, provider_ids=[ANA, BIA])
PAID = Service(
    id=3, name="Laser", duration_minutes=60, provider_ids=[ANA], resource_ids=[5], deposit_cents=900, currency="BRL"
)
ASKED = Service(
    id=4, name="Cirurgia", duration_minutes=60, provider_ids=[ANA], requires_approval=True, deposit_cents=900
)
SERVICES = {each.id: each for each in (FREE, ROOM, PAID, ASKED)}
PLACES = (
    ("America/Sao_Paulo", date(2026, 12, 1)),  # where clocks never change
    ("Europe/Lisbon", date(2027, 3, 27)),  # on the second day they skip the hour from one to two
    ("Europe/Lisbon", date(2026, 10, 24)),  # on the second day they have it twice
    ("America/Santiago", date(2026, 9, 5)),  # the second day begins at one: they skip its midnight
    ("America/Santiago", date(2027, 4, 3)),  # the first day has its last hour twice
    ("Australia/Lord_Howe", date(2027, 4, 3)),  # half an hour
)
"""Three days each."""
NIGHTS = tuple(Rule("open", "20:00", "05:00", weekday=day) for day in range(7))
OFFSETS = ((1440, 120), (120,), (), (2880, 300))
Fate = Literal["done", "again", "lost"]
FATES: st.SearchStrategy[Fate] = st.sampled_from(["done", "done", "done", "again", "lost"])
"""Of what is asked: it is done; it is done, nobody hears of it, and it is asked again; or the process dies before."""
ONCE = (cmd.Book, cmd.Reschedule, cmd.Cancel, cmd.Approve, cmd.Decline, cmd.Pay, cmd.HoldOn, cmd.LetGo)
ANSWERS = (cmd.Mark, cmd.Unmark, cmd.TakeOffer, cmd.PassOffer, cmd.JoinWaitlist, TimerFired)


class Life(RuleBasedStateMachine):
    """See the module's text."""

    SLOTS = st.integers(0, 3 * 24 - 1) | st.integers(30, 34)
    """Hours after the first day's midnight; each is an hour, whatever the wall does. Often on the second morning."""
    CONTACT = st.sampled_from(CONTACTS)
    CUSTOMERS = st.sampled_from(["ai", "flow", "contact"])

    @initialize(
        place=st.sampled_from(PLACES),
        capacity=st.integers(1, 2),
        offsets=st.sampled_from(OFFSETS),
        week=st.sampled_from([WEEK, NIGHTS]),
    )
    def begin(self, place: tuple[str, date], capacity: int, offsets: tuple[int, ...], week: tuple[Rule, ...]) -> None:
        self.zone, first = place
        self.days = [first + timedelta(days=each) for each in range(3)]
        self.first = minute_of(datetime.combine(first, time(), ZoneInfo(self.zone)).astimezone(UTC))
        self.capacity, self.closed, self.offsets, self.week = capacity, frozenset[date](), offsets, week
        self.busy = dict[int, Any]()
        self.events, self.reminded, self.sent = list[Event](), Counter[tuple[int, int, int]](), Counter[str]()
        begins = datetime.fromtimestamp(self.first * 60, UTC) - timedelta(hours=16)
        self.given = Given(AGENDA, AGENDA.initial(1), self.workspace(), begins)

    def workspace(self) -> Any:
        room = Resource(id=5, name="Salas", capacity=self.capacity)
        there = {each: Provider(self.zone, self.week) for each in (ANA, BIA, LEO)}
        return offering(
            zone=self.zone,
            services=SERVICES,
            resources={5: room},
            providers=there,
            closed=self.closed,
            reminders=self.offsets,
        )

    def ask(self, command: Any, fate: Fate = "done") -> None:
        if fate == "lost":
            before, effects_before = self.given.state, len(self.given.effects)
            self._when(command)
            self.given.state = before
            del self.given.effects[effects_before:]
        done = self._happens(command)
        if done and fate == "again" and isinstance(command, (*ONCE, *ANSWERS)):
            assert self._when(command) == [], "asked again by who does not know that it is done"

    def _when(self, command: Any) -> list[Event] | None:
        """What is decided; None where it is refused."""
        if self.busy and not isinstance(command, cmd.Book | cmd.Reschedule):
            command = cmd.Seeing(command, self.busy)
        try:
            return [*self.given.when(command)]
        except (Conflict, Invalid, NotFound):
            return None

    def _happens(self, command: Any) -> bool:
        """Whether it is not refused."""
        state, found = self.given.state, self._when(command)
        events = found or []
        if not events:
            assert self.given.state is state
        for event in events:
            was, state = state, AGENDA.evolve(state, event)
            self._judge(was, event)
            self.sent.update(each.id for each in effects(state, event))
        self._judge_series(events)
        self.events += events
        return found is not None

    def _judge(self, was: Any, event: Event) -> None:
        """What an event may not say. was: the agenda before it."""
        if isinstance(event, AppointmentBooked):
            self._judge_booking(event.claim)
        if isinstance(event, ReminderDue):
            assert MORNING <= _of_day(event.minute, self.zone) < EVENING, "nobody is woken"
            for each in event.appointments:
                claim = was.find(each.appointment_id)
                assert (claim.status, claim.revision) == ("confirmed", each.revision)
                assert claim.contact_id == event.contact_id
                assert claim.start - minute_of(self.given.at) > 0
            for id_ in event.due:
                claim = was.find(id_)
                assert claim.start - event.minute >= LATE
                self.reminded[(id_, claim.revision, event.minute)] += 1
        if isinstance(event, AppointmentPaid) and event.kept:
            assert was.find(event.appointment_id).status != "cancelled"  # it may be over, and theirs

    def _judge_booking(self, claim: Claim) -> None:
        """By the wall, a minute at a time: nothing on closed days, and customers only where somebody is there."""
        span = range(claim.start, claim.start + claim.minutes)
        assert not any(local(at, self.zone).date() in self.closed for at in span)
        if claim.provider_id is None:
            return
        first, last = claim.occupied
        busy = self.busy.get(claim.provider_id, ())
        assert not any(start < last and first < end for start, end in busy)
        if claim.source not in STAFF:
            assert all(is_there(self.week, self.zone, at, self.closed) for at in span)

    def _judge_series(self, events: list[Event]) -> None:
        """Each day at the hour of the first one, as the wall says it."""
        booked = [each.claim for each in events if isinstance(each, AppointmentBooked) and each.claim.series_id]
        assert len({_of_day(each.start, self.zone) for each in booked}) <= 1
        days = [local(each.start, self.zone).date() for each in booked]
        assert days == [days[0] + timedelta(days=each) for each in range(len(days))]

    # -- what people do -----------------------------------------------------------------------------------------------

    @rule(
        service=st.sampled_from([1, 2, 3, 4]),
        hour=SLOTS,
        source=CUSTOMERS,
        contact=CONTACT,
        collects=st.booleans(),
        fate=FATES,
    )
    def book(self, service: int, hour: int, source: Any, contact: int, collects: bool, fate: Fate) -> None:
        known: Any = {"source": source, "contact_id": contact, "collects": collects, "busy": self.busy}
        self.ask(cmd.Book(service_id=service, start=self.at(hour), **known), fate)

    @rule(service=st.sampled_from([1, 2, 3, 4]), hour=SLOTS, times=st.sampled_from([1, 1, 3]), contact=CONTACT)
    def staff_book(self, service: int, hour: int, times: int, contact: int) -> None:
        series: Any = {"repeat": "daily", "occurrences": times} if times > 1 else {}
        known: Any = {"contact_id": contact, "busy": self.busy, **series}
        self.ask(cmd.Book(service_id=service, start=self.at(hour), **known))

    @rule(data=st.data(), hour=SLOTS, by=st.sampled_from(["staff", "contact"]), fate=FATES)
    def move(self, data: st.DataObject, hour: int, by: Any, fate: Fate) -> None:
        if (id_ := self.one(data)) is not None:
            self.ask(cmd.Reschedule(appointment_id=id_, start=self.at(hour), by=by, busy=self.busy), fate)

    @rule(data=st.data(), by=st.sampled_from(["staff", "contact"]), scope=st.sampled_from(["this", "all"]), fate=FATES)
    def cancel(self, data: st.DataObject, by: Any, scope: Any, fate: Fate) -> None:
        if (id_ := self.one(data)) is not None:
            self.ask(cmd.Cancel(appointment_id=id_, by=by, scope=scope), fate)

    @rule(
        data=st.data(),
        kind=st.sampled_from([cmd.Approve, cmd.Decline, cmd.Pay, cmd.TakeOffer, cmd.PassOffer, cmd.LetGo]),
        fate=FATES,
    )
    def answer(self, data: st.DataObject, kind: Any, fate: Fate) -> None:
        if (id_ := self.one(data)) is not None:
            self.ask(kind(appointment_id=id_), fate)

    @rule(data=st.data(), fate=FATES)
    def take_and_pay(self, data: st.DataObject, fate: Fate) -> None:
        if (id_ := self.one(data)) is not None:
            self.ask(cmd.TakeOffer(appointment_id=id_, collects=True), fate)

    @rule(data=st.data(), hours=st.sampled_from([1, 72]), fate=FATES)
    def pay_by_voucher(self, data: st.DataObject, hours: int, fate: Fate) -> None:
        if (id_ := self.one(data)) is not None:
            self.ask(cmd.HoldOn(appointment_id=id_, until=self.given.at + timedelta(hours=hours)), fate)

    @rule(data=st.data(), status=st.sampled_from(["arrived", "completed", "no_show"]), back=st.booleans(), fate=FATES)
    def mark(self, data: st.DataObject, status: Any, back: bool, fate: Fate) -> None:
        if (id_ := self.one(data)) is not None:
            kind = cmd.Unmark if back else cmd.Mark
            self.ask(kind(appointment_id=id_, status=status), fate)

    @rule(
        service=st.sampled_from([1, 2, 3, 4]),
        contact=CONTACT,
        day=st.sampled_from([None, 0, 1, 2]),
        part=st.sampled_from([None, "morning", "evening"]),
        fate=FATES,
    )
    def wait_for(self, service: int, contact: int, day: int | None, part: Any, fate: Fate) -> None:
        wishes = () if day is None else (Wish(date=self.days[day], part=part),)
        self.ask(cmd.JoinWaitlist(service_id=service, contact_id=contact, wishes=wishes), fate)

    @rule(data=st.data(), contact=CONTACT, away=st.booleans(), fate=FATES)
    def give_up_what_somebody_waits_for(self, data: st.DataObject, contact: int, away: bool, fate: Fate) -> None:
        """They are asked, and want it; unless the provider has something else there by then."""
        claims = [each for each in self.holding() if each.service_id == 1 and each.status == "confirmed"]
        if not claims:
            return
        claim = data.draw(st.sampled_from(claims))
        self.ask(cmd.JoinWaitlist(service_id=1, contact_id=contact, provider_id=claim.provider_id))
        self.busy = {claim.provider_id or 0: (claim.occupied,)} if away else {}
        self.ask(cmd.Cancel(appointment_id=claim.id))
        for offered in [each.offered for each in self.given.state.waiting.values() if each.offered is not None]:
            self.ask(cmd.TakeOffer(appointment_id=offered), fate)

    @rule(contact=CONTACT, to=CONTACT, erase=st.booleans())
    def contacts(self, contact: int, to: int, erase: bool) -> None:
        if contact != to:
            self.ask(cmd.ForgetContact(contact_id=contact) if erase else cmd.LeadContact(contact_id=contact, to=to))

    # -- what happens -------------------------------------------------------------------------------------------------

    @rule(day=st.sampled_from([None, 0, 1, 2]), fate=FATES)
    def close(self, day: int | None, fate: Fate) -> None:
        closed = frozenset[date]() if day is None else frozenset({self.days[day]})
        reopened, self.closed = bool(self.closed - closed), closed
        self.given.workspace = self.workspace()
        self.ask(cmd.Follow(reopened=reopened), fate)

    @rule(hour=SLOTS, hours=st.integers(1, 30), gone=st.booleans())
    def be_somewhere_else(self, hour: int, hours: int, gone: bool) -> None:
        """Ana has something in a calendar of her own, which is known by now."""
        self.busy = {} if gone else {ANA: ((self.at(hour), self.at(hour + hours)),)}

    @rule(offsets=st.sampled_from(OFFSETS), by_days=st.booleans())
    def remind_otherwise(self, offsets: tuple[int, ...], by_days: bool) -> None:
        deciding.FEW, self.offsets = (0 if by_days else 2000), offsets
        self.given.workspace = self.workspace()
        self.ask(cmd.Follow())

    @rule(minutes=st.sampled_from([1, 29, 31, 240, 1440]), fate=FATES)
    def time_passes(self, minutes: int, fate: Fate) -> None:
        until = self.given.at + timedelta(minutes=minutes)
        for _ in range(500):
            due = min(((at, name) for name, at in self.given.timers.items()), default=None)
            if due is None or due[0] > until:
                break
            self.given.at = max(self.given.at, due[0])
            before = self.given.timers[due[1]]
            self.ask(TimerFired(name=due[1], due=due[0]), fate)
            assert self.given.timers.get(due[1]) != before, f"{due[1]} would fire for ever"
        self.given.at = until

    @rule(hour=st.integers(24 + 5, 24 + 12), contact=CONTACT, day=st.booleans())
    def be_reminded_of_the_morning_when_clocks_have_changed(self, hour: int, contact: int, day: bool) -> None:
        self.remind_otherwise((1440, 120) if day else (120,), by_days=False)
        self.ask(cmd.Book(service_id=1, start=self.at(hour), contact_id=contact, busy=self.busy))
        self.time_passes(1440, "done")

    @rule()
    def restart(self) -> None:
        """A node that is killed folds its log anew."""
        self.given.state = replay(AGENDA, 1, self.events)

    # -- what must hold -----------------------------------------------------------------------------------------------

    @invariant()
    def nobody_and_nothing_is_held_twice(self) -> None:
        claims = self.holding()
        no_unit_is_held_twice(claims)
        for claim in claims:
            assert busiest([each.occupied for each in claims if 5 in each.units], claim.occupied) <= self.capacity

    @invariant()
    def what_is_pending_has_an_end_and_somebody_whose_word_it_waits_for(self) -> None:
        for claim in self.holding():
            if claim.status == "pending":
                assert claim.holds_until is not None
                assert claim.awaits is not None
                assert f"request-{claim.id}" in self.given.timers
            else:
                assert claim.awaits is None

    @invariant()
    def an_offer_is_held_by_one(self) -> None:
        if not hasattr(self, "given"):
            return
        offered = [each.offered for each in self.given.state.waiting.values() if each.offered is not None]
        assert len(offered) == len(set(offered))
        for id_ in offered:
            claim = self.given.state.find(id_)
            assert claim is not None
            assert (claim.status, claim.awaits) == ("pending", "answer")

    @invariant()
    def reminders_follow_from_what_stands_and_go_out_once(self) -> None:
        if not hasattr(self, "given"):
            return
        state = self.given.state
        assert max(self.reminded.values(), default=1) == 1
        if not state.stale:
            claims = [claim for day in state.days.values() for claim in day.values()]
            wanted = all_planned(claims, state.policy, state.looked)
            flat = {(m, id_) for day in state.due.values() for m, ids in day.items() for id_ in ids}
            assert flat == {(m, id_) for day in wanted.values() for m, ids in day.items() for id_ in ids}

    @invariant()
    def nothing_is_told_or_asked_twice(self) -> None:
        assert max(getattr(self, "sent", Counter()).values(), default=1) == 1

    @invariant()
    def replay_gives_the_same(self) -> None:
        if hasattr(self, "given"):
            assert replay(AGENDA, 1, self.events) == self.given.state

    def at(self, hour: int) -> int:
        """A minute."""
        return self.first + 60 * hour

    def holding(self) -> list[Claim]:
        return self.given.state.holding() if hasattr(self, "given") else []

    def one(self, data: st.DataObject) -> int | None:
        known = sorted(claim for day in self.given.state.days.values() for claim in day)
        return data.draw(st.sampled_from(known)) if known else None

    def teardown(self) -> None:
        deciding.FEW = 2000


def _of_day(minute: int, zone: str) -> int:
    """Minutes since midnight, as the wall reads."""
    wall = local(minute, zone)
    return wall.hour * 60 + wall.minute


Life.TestCase.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)
test_an_agenda_holds_what_it_promises_whatever_comes = Life.TestCase
