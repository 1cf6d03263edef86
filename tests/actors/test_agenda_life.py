"""Random lives of an agenda with all that it has: deposits and money that comes late, approvals, the waitlist, closures
that come and go, reminders, new settings, contacts that are merged or erased, and restarts in between.

After every step all that must hold is judged by brute force.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from tests.actors.agenda_minutes import busiest, minute
from tests.actors.given import Given, replay
from tests.actors.test_agenda import ANA, BIA, NOW, ROOM, no_unit_is_held_twice, offering

from plixa.actors.scheduling import commands as cmd, deciding
from plixa.actors.scheduling.deciding import AGENDA, effects
from plixa.actors.scheduling.events import (
    AppointmentPaid,
    Claim,
    ReminderDue,
    Wish,
)
from plixa.actors.scheduling.offering import Resource, Service
from plixa.actors.scheduling.reminding import LATE, all_planned
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
DAYS = [date(2026, 12, day) for day in (1, 2, 3)]
OFFSETS = ((1440, 120), (120,), (), (2880, 300))


class Life(RuleBasedStateMachine):
    """See the module's text."""

    SLOTS = st.integers(0, 3 * 24 - 1).map(lambda step: minute("2026-12-01T00:00-03:00") + 60 * step)
    CONTACT = st.sampled_from(CONTACTS)
    CUSTOMERS = st.sampled_from(["ai", "flow", "contact"])

    @initialize(capacity=st.integers(1, 2), offsets=st.sampled_from(OFFSETS))
    def begin(self, capacity: int, offsets: tuple[int, ...]) -> None:
        self.capacity, self.closed, self.offsets = capacity, frozenset[date](), offsets
        self.events, self.reminded, self.sent = list[Event](), Counter[tuple[int, int, int]](), Counter[str]()
        self.given = Given(AGENDA, AGENDA.initial(1), self.workspace(), NOW)  # type: ignore[arg-type]

    def workspace(self) -> Any:
        room = Resource(id=5, name="Salas", capacity=self.capacity)
        return offering(services=SERVICES, resources={5: room}, closed=self.closed, reminders=self.offsets)

    def ask(self, command: Any) -> None:
        before = self.given.state
        try:
            events = self.given.when(command)
        except (Conflict, Invalid, NotFound):
            assert self.given.state is before
            return
        state = before
        for event in events:
            was, state = state, AGENDA.evolve(state, event)
            self._judge(was, event)
            self.sent.update(each.id for each in effects(state, event))
        self.events += events

    def _judge(self, was: Any, event: Event) -> None:
        """What an event may not say. was: the agenda before it."""
        if isinstance(event, ReminderDue):
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

    # -- what people do -----------------------------------------------------------------------------------------------

    @rule(service=st.sampled_from([1, 2, 3, 4]), start=SLOTS, source=CUSTOMERS, contact=CONTACT, collects=st.booleans())
    def book(self, service: int, start: int, source: Any, contact: int, collects: bool) -> None:
        known = {"source": source, "contact_id": contact, "collects": collects}
        self.ask(cmd.Book(service_id=service, start=start, **known))

    @rule(service=st.sampled_from([1, 2, 3, 4]), start=SLOTS, times=st.sampled_from([1, 1, 3]), contact=CONTACT)
    def staff_book(self, service: int, start: int, times: int, contact: int) -> None:
        series: Any = {"repeat": "daily", "occurrences": times} if times > 1 else {}
        self.ask(cmd.Book(service_id=service, start=start, contact_id=contact, **series))

    @rule(data=st.data(), start=SLOTS, by=st.sampled_from(["staff", "contact"]))
    def move(self, data: st.DataObject, start: int, by: Any) -> None:
        if (id_ := self.one(data)) is not None:
            self.ask(cmd.Reschedule(appointment_id=id_, start=start, by=by))

    @rule(data=st.data(), by=st.sampled_from(["staff", "contact"]), scope=st.sampled_from(["this", "all"]))
    def cancel(self, data: st.DataObject, by: Any, scope: Any) -> None:
        if (id_ := self.one(data)) is not None:
            self.ask(cmd.Cancel(appointment_id=id_, by=by, scope=scope))

    @rule(data=st.data(), kind=st.sampled_from([cmd.Approve, cmd.Decline, cmd.Pay, cmd.TakeOffer, cmd.PassOffer]))
    def answer(self, data: st.DataObject, kind: Any) -> None:
        if (id_ := self.one(data)) is not None:
            self.ask(kind(appointment_id=id_))

    @rule(data=st.data())
    def take_and_pay(self, data: st.DataObject) -> None:
        if (id_ := self.one(data)) is not None:
            self.ask(cmd.TakeOffer(appointment_id=id_, collects=True))

    @rule(data=st.data(), status=st.sampled_from(["arrived", "completed", "no_show"]), back=st.booleans())
    def mark(self, data: st.DataObject, status: Any, back: bool) -> None:
        if (id_ := self.one(data)) is not None:
            self.ask(
                cmd.Unmark(appointment_id=id_, status=status) if back else cmd.Mark(appointment_id=id_, status=status)
            )

    @rule(service=st.sampled_from([1, 2, 3, 4]), contact=CONTACT, day=st.sampled_from([None, *DAYS]))
    def wait_for(self, service: int, contact: int, day: date | None) -> None:
        wishes = () if day is None else (Wish(date=day),)
        self.ask(cmd.JoinWaitlist(service_id=service, contact_id=contact, wishes=wishes))

    @rule(contact=CONTACT, to=CONTACT, erase=st.booleans())
    def contacts(self, contact: int, to: int, erase: bool) -> None:
        if contact != to:
            self.ask(cmd.ForgetContact(contact_id=contact) if erase else cmd.LeadContact(contact_id=contact, to=to))

    # -- what happens -------------------------------------------------------------------------------------------------

    @rule(closed=st.sets(st.sampled_from(DAYS), max_size=1))
    def close(self, closed: set[date]) -> None:
        reopened = bool(self.closed - closed)
        self.closed = frozenset(closed)
        self.given.workspace = self.workspace()
        self.ask(cmd.Follow(reopened=reopened))

    @rule(offsets=st.sampled_from(OFFSETS), by_days=st.booleans())
    def remind_otherwise(self, offsets: tuple[int, ...], by_days: bool) -> None:
        deciding.FEW, self.offsets = (0 if by_days else 2000), offsets
        self.given.workspace = self.workspace()
        self.ask(cmd.Follow())

    @rule(minutes=st.sampled_from([1, 29, 31, 240, 1440]))
    def time_passes(self, minutes: int) -> None:
        until = self.given.at + timedelta(minutes=minutes)
        for _ in range(500):
            due = min(((at, name) for name, at in self.given.timers.items()), default=None)
            if due is None or due[0] > until:
                break
            self.given.at = max(self.given.at, due[0])
            before = self.given.timers[due[1]]
            self.ask(TimerFired(name=due[1], due=due[0]))
            assert self.given.timers.get(due[1]) != before, f"{due[1]} would fire for ever"
        self.given.at = until

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

    def holding(self) -> list[Claim]:
        return self.given.state.holding() if hasattr(self, "given") else []

    def one(self, data: st.DataObject) -> int | None:
        known = sorted(claim for day in self.given.state.days.values() for claim in day)
        return data.draw(st.sampled_from(known)) if known else None

    def teardown(self) -> None:
        deciding.FEW = 2000


Life.TestCase.settings = settings(max_examples=20, stateful_step_count=40, deadline=None)
test_an_agenda_holds_what_it_promises_whatever_comes = Life.TestCase
