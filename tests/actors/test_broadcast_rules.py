"""What a broadcast decides: whose turn it is, what holds it up, what stops it; everybody has their turn, once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import reduce
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.actors.given import NOON, Given, house

from plixa.actors.broadcasts import commands as cmd, events as ev
from plixa.actors.broadcasts.actor import BROADCAST
from plixa.actors.broadcasts.config import BroadcastConfig, loud_from, quiet_from
from plixa.actors.broadcasts.deciding import BAD, MOST, place_of
from plixa.actors.broadcasts.estimate import ends_at
from plixa.actors.broadcasts.state import LAST, WINDOW, Broadcast
from plixa.actors.broadcasts.text import LONGEST, personal
from plixa.actors.broadcasts.view import show
from plixa.actors.broadcasts.words import opts_out, told_in
from plixa.actors.workspace.state import NumberRef, Workspace
from plixa.engine.actor import Command, EffectDone, EffectFailed, TimerFired
from plixa.engine.errors import Conflict, Invalid, NotFound
from plixa.engine.events import Event
from plixa.engine.ports import Effect

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
LOUD = BroadcastConfig(quiet_from="00:00", quiet_until="00:00")
HOUSE = house(
    trial_ends_at=NOON.replace(year=2999), numbers={5: NumberRef(5, "front"), 6: NumberRef(6, "back")}, broadcasts=LOUD
)


def informed(command: Command, *connected: int) -> cmd.KnowingNumbers:
    """The command, as the look-up hands it on."""
    return cmd.KnowingNumbers(command=command, connected=connected)


def created(**fields: object) -> cmd.KnowingNumbers:
    """A broadcast to whoever was handed in."""
    made: dict[str, object] = {"by": 7, "name": "n", "body": "b", "source": "manual", "listed": 30, **fields}
    return informed(cmd.CreateBroadcast(**made), 5)  # type: ignore[arg-type]


def frozen(number: int, **fields: object) -> cmd.Freeze:
    """So many recipients, and no more."""
    whole: dict[str, object] = {"phase": "listed", "after": 0, "contact_ids": tuple(range(100, 100 + number)), **fields}
    return cmd.Freeze(**whole)  # type: ignore[arg-type]


def begun(number: int = 30, workspace: Workspace = HOUSE) -> Given:
    """One that goes out to so many."""
    actor = Given(BROADCAST, BROADCAST.initial(3), workspace)
    actor.when(created(listed=number))
    actor.when(frozen(number))
    return actor


def turns(actor: Given) -> list[Effect]:
    """The turns that were given."""
    return [each for each in actor.effects if isinstance(each, Effect) and each.kind == "broadcast.deliver"]


def settle(actor: Given, place: int, what: ev.News = "sent") -> list[str]:
    """A conversation tells; returns what follows, by type."""
    return [event.type for event in actor.when(cmd.Heard(place=place, what=what))]


# -- turns ------------------------------------------------------------------------------------------------------------


def test_it_lets_out_a_window_and_one_more_for_each_that_is_settled() -> None:
    actor = begun(30)
    assert [place_of(each.id) for each in turns(actor)] == list(range(1, WINDOW + 1))
    assert {each.ordering_key for each in turns(actor)} == {"turns-5"}
    settle(actor, 3)
    assert place_of(turns(actor)[-1].id) == WINDOW + 1


def test_a_label_is_written_down_in_pieces_known_people_first() -> None:
    actor = Given(BROADCAST, BROADCAST.initial(3), HOUSE)
    actor.when(created(source="label", label_id=4, listed=0))
    actor.when(frozen(2, phase="known", then=("known", 77)))
    actor.when(frozen(2, phase="known", after=77, then=("strangers", 0)))
    assert actor.when(frozen(9, phase="known", after=77)) == []
    assert [event.type for event in actor.when(frozen(0, phase="strangers"))] == ["broadcast.frozen"]
    asked = [each.request for each in actor.effects if isinstance(each, Effect) and each.kind == "broadcast.freeze"]
    assert [(each["phase"], each["after"]) for each in asked] == [("known", 0), ("known", 77), ("strangers", 0)]
    assert actor.state.total == 4


def test_there_are_never_more_recipients_than_may_be() -> None:
    actor = Given(BROADCAST, BROADCAST.initial(3), HOUSE)
    actor.when(created(source="label", label_id=4, listed=0))
    actor.state = actor.state.__class__(**{**fields_of(actor.state), "total": MOST - 1, "next": MOST})
    actor.when(frozen(9, phase="known", then=("known", 9)))
    assert (actor.state.total, actor.state.phase) == (MOST, None)


def fields_of(state: Broadcast) -> dict[str, object]:
    return {name: getattr(state, name) for name in state.__struct_fields__}


def test_nobody_at_all_is_done_and_says_why() -> None:
    actor = Given(BROADCAST, BROADCAST.initial(3), HOUSE)
    actor.when(created(source="label", label_id=4, listed=0))
    actor.when(frozen(0, phase="known", reason="label_deleted"))
    assert (actor.state.status, actor.state.reason) == ("done", "label_deleted")


def test_a_time_that_has_passed_is_no_time_to_start() -> None:
    actor = Given(BROADCAST, BROADCAST.initial(3), HOUSE)
    with pytest.raises(Invalid):
        actor.when(created(scheduled_at=NOON))


def test_what_is_scheduled_starts_at_its_time_and_once() -> None:
    actor = Given(BROADCAST, BROADCAST.initial(3), HOUSE)
    due = NOON + timedelta(hours=1)
    actor.when(created(scheduled_at=due))
    assert BROADCAST.timers(actor.state) == {"start": due}
    fired = informed(TimerFired(name="start", due=due), 6)
    assert [event.type for event in actor.when(fired, 3600)] == ["broadcast.started", "broadcast.number_chosen"]
    assert (actor.state.number_id, actor.when(fired)) == (6, [])


# -- what holds it up -------------------------------------------------------------------------------------------------


def test_in_the_quiet_hours_it_waits_and_goes_on_after_them() -> None:
    actor = begun(3, house(trial_ends_at=HOUSE.trial_ends_at, numbers=HOUSE.numbers))
    actor.at = NOON.replace(hour=22)
    settle(actor, 1)
    settle(actor, 2)
    for place in (1, 2, 3):
        came = EffectDone(effect_id=f"deliver-3-{place}-1", result={"outcome": "back"})
        actor.when(came)
    until = NOON.replace(day=3, hour=8)
    assert (actor.state.reason, actor.state.waits_until, actor.state.status) == ("quiet_hours", until, "sending")
    assert BROADCAST.timers(actor.state) == {"wake": until}
    actor.at = until
    actor.when(informed(TimerFired(name="wake", due=until), 5))
    assert place_of(turns(actor)[-1].id) == 3


def test_a_number_that_is_away_pauses_it_and_it_looks_again_after_longer_and_longer() -> None:
    actor = begun(3)
    held = {"outcome": "held", "why": "number_disconnected"}
    actor.when(EffectDone(effect_id="deliver-3-1-1", result=held))
    assert (actor.state.status, actor.state.waits_until) == ("paused", NOON + timedelta(seconds=30))
    for place in (2, 3):
        assert len(actor.when(EffectDone(effect_id=f"deliver-3-{place}-1", result=held))) == 1
    actor.at = actor.state.waits_until
    actor.when(informed(TimerFired(name="wake", due=actor.at), 5))
    assert [place_of(each.id) for each in turns(actor)[3:]] == [1]
    actor.when(EffectDone(effect_id="deliver-3-1-2", result=held))
    assert actor.state.waits_until == actor.at + timedelta(seconds=60)
    assert actor.when(informed(cmd.Wake(why="number_missing"), 5)) == []
    actor.when(informed(cmd.Wake(why="number_disconnected"), 5))
    settle(actor, 1)
    assert actor.state.status == "sending"
    assert sorted(actor.state.out) == [2, 3]


def test_without_a_number_it_waits_for_one() -> None:
    actor = begun(3, house(trial_ends_at=HOUSE.trial_ends_at, broadcasts=LOUD))
    assert (actor.state.status, actor.state.reason, turns(actor)) == ("paused", "number_missing", [])
    actor.workspace = HOUSE
    actor.when(informed(cmd.Wake(why="number_missing"), 6))
    assert {each.ordering_key for each in turns(actor)} == {"turns-6"}


@pytest.mark.parametrize(
    ("changes", "why"), [({"status": "suspended"}, "suspended"), ({"trial_ends_at": NOON}, "plan")]
)
def test_a_workspace_that_may_not_sends_nothing(changes: dict[str, object], why: str) -> None:
    fields = {"trial_ends_at": HOUSE.trial_ends_at, "numbers": HOUSE.numbers, "broadcasts": LOUD, **changes}
    actor = begun(3, house(**fields))
    assert (actor.state.reason, turns(actor)) == (why, [])


# -- people -----------------------------------------------------------------------------------------------------------


def test_what_is_paused_by_a_person_stays_so_until_they_resume_it() -> None:
    actor = begun(30)
    actor.when(cmd.Pause(by=7))
    settle(actor, 1)
    actor.when(EffectDone(effect_id="deliver-3-2-1", result={"outcome": "back"}))
    assert len(turns(actor)) == WINDOW
    assert actor.when(informed(cmd.Wake(why="number_disconnected"), 5)) == []
    actor.when(informed(cmd.Resume(by=7), 5))
    assert [place_of(each.id) for each in turns(actor)[WINDOW:]] == [2, 21]


@pytest.mark.spec(101)
def test_cancelled_nobody_else_gets_it_and_rows_are_closed_in_pieces() -> None:
    actor = begun(700)
    actor.when(cmd.CancelBroadcast(by=7))
    closed = [actor.when(cmd.CloseSome()) for _ in range(3)]
    spans = [(each.first, each.last) for events in closed for each in events if isinstance(each, ev.RecipientsClosed)]
    assert spans == [(1, 500), (501, 700)]
    settle(actor, 1)
    assert len(turns(actor)) == WINDOW
    assert actor.when(cmd.CancelBroadcast(by=7)) == []


def test_what_is_over_cannot_be_changed() -> None:
    actor = begun(1)
    settle(actor, 1)
    assert actor.state.status == "done"
    for command in (cmd.Pause(), cmd.Resume(), cmd.CancelBroadcast()):
        with pytest.raises(Conflict):
            actor.when(command)
    with pytest.raises(NotFound):
        Given(BROADCAST, BROADCAST.initial(4), HOUSE).when(cmd.Pause())


# -- the brake --------------------------------------------------------------------------------------------------------


def test_it_stops_where_more_than_five_of_the_last_hundred_fail_or_opt_out() -> None:
    actor = begun(300)
    for place in range(1, 101):
        settle(actor, place)
    for place in (3, 100):
        settle(actor, place, "opted_out")
    for place in (101, 102, 103):
        settle(actor, place, "failed")
    assert (actor.state.bad, actor.state.status) == (BAD, "sending")
    assert settle(actor, 104, "failed")[-1] == "broadcast.stopped"
    told = len(turns(actor))
    settle(actor, 105)
    assert (actor.state.status, len(turns(actor))) == ("stopped", told)
    actor.when(informed(cmd.Resume(by=7), 5))
    assert (actor.state.status, actor.state.bad) == ("sending", 0)
    assert len(turns(actor)) > told


def test_bad_news_counts_once_and_good_ones_push_it_out() -> None:
    actor = begun(300)
    for place in range(1, 6):
        settle(actor, place, "failed")
        settle(actor, place, "failed")
    assert (actor.state.bad, actor.state.status) == (5, "sending")
    for place in range(6, 6 + LAST):
        settle(actor, place)
    assert (actor.state.bad, len(actor.state.outcomes)) == (0, LAST)


def test_a_turn_that_cannot_be_carried_out_is_a_failure_and_the_next_one_comes() -> None:
    actor = begun(30)
    happened = actor.when(EffectFailed(effect_id="deliver-3-4-1", reason="it broke", permanent=True))
    assert [event.type for event in happened] == ["broadcast.counted", "broadcast.released"]
    assert actor.state.bad == 1


# -- everybody once, whatever happens ---------------------------------------------------------------------------------


class Outside(RuleBasedStateMachine):
    """Conversations, an outbox that carries out turns once or twice, people, clocks and restarts, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.actor = Given(BROADCAST, BROADCAST.initial(3), HOUSE)
        self.total = 0
        self.carried = 0
        self.messages: set[int] = set()
        self.told: Counter[int] = Counter()
        self.settled: set[int] = set()
        self.log: list[Event] = []
        self.connected = True

    @initialize(total=st.integers(1, 60))
    def begin(self, total: int) -> None:
        self.total = total
        self.do(created(listed=total))
        self.do(frozen(total))

    def do(self, command: Command) -> None:
        """A turn of the actor."""
        before = self.actor.state
        events = self.actor.when(command, 1)
        self.log += events
        for event in events:
            if isinstance(event, ev.RecipientsReleased):
                assert not set(event.places) & self.settled, "their turn came again"
            if isinstance(event, ev.RecipientSkipped | ev.OutcomeCounted):
                self.settled.add(event.place)
        if before.status in ("paused", "stopped", "cancelled", "done") and self.actor.state.status == before.status:
            assert not any(isinstance(event, ev.RecipientsReleased) for event in events)

    @property
    def waiting(self) -> list[Effect]:
        """Turns that nobody has carried out yet."""
        return turns(self.actor)[self.carried :]

    @precondition(lambda self: self.waiting)
    @rule(again=st.booleans(), skips=st.booleans(), lost=st.booleans())
    def carry_out(self, again: bool, skips: bool, lost: bool) -> None:
        """The outbox carries out the next turn, as the handler does; `lost`: the process dies before it is booked."""
        effect = self.waiting[0]
        self.carry(effect, skips)
        if lost:
            return
        self.carried += 1
        if again:
            self.carry(effect, skips)

    def carry(self, effect: Effect, skips: bool = False) -> None:
        """What the handler finds, and what it reports."""
        place, state = effect.request["place"], self.actor.state
        result: dict[str, object] = {"outcome": "queued"}
        if not state.goes_out or place not in state.out:
            result = {"outcome": "back"}
        elif not self.connected:
            result = {"outcome": "held", "why": "number_disconnected"}
        elif place not in self.messages and skips:
            result = {"outcome": "skipped", "reason": "opted_out"}
        else:
            self.messages.add(place)
        self.do(EffectDone(effect_id=effect.id, result=result))

    @precondition(lambda self: self.messages)
    @rule(data=st.data(), what=st.sampled_from(["sent", "sent", "sent", "failed", "unknown", "opted_out"]))
    def tell(self, data: st.DataObject, what: ev.News) -> None:
        """A conversation tells, perhaps twice."""
        place = data.draw(st.sampled_from(sorted(self.messages)))
        self.told[place] += 1
        self.do(cmd.Heard(place=place, what=what))

    @rule(what=st.sampled_from(["pause", "resume"]))
    def person(self, what: str) -> None:
        """Somebody at the panel."""
        if self.actor.state.status not in ("done", "cancelled"):
            self.do(cmd.Pause(by=7) if what == "pause" else informed(cmd.Resume(by=7), 5))

    @rule(connected=st.booleans())
    def line(self, connected: bool) -> None:
        """The number comes and goes."""
        self.connected = connected
        if connected:
            self.do(informed(cmd.Wake(why="number_disconnected"), 5))

    @precondition(lambda self: bool(BROADCAST.timers(self.actor.state)))
    @rule()
    def time_passes(self) -> None:
        """What is due happens."""
        [(name, due)] = BROADCAST.timers(self.actor.state).items()
        self.actor.at = max(self.actor.at, due)
        self.do(informed(TimerFired(name=name, due=due), 5))

    @rule()
    def restart(self) -> None:
        """The log gives the very state that there was."""
        assert reduce(BROADCAST.evolve, self.log, BROADCAST.initial(3)) == self.actor.state

    @invariant()
    def the_books_are_right(self) -> None:
        state: Broadcast = self.actor.state
        open_ = [*state.out, *state.again]
        assert len(open_) == len(set(open_))
        assert len(state.out) <= WINDOW
        assert len(state.outcomes) <= LAST
        if state.status != "cancelled":
            assert {*open_, *self.settled} == set(range(1, state.next)) or state.total < self.total
        assert state.status != "done" or self.settled == set(range(1, self.total + 1))
        assert not (state.goes_out and state.bad > BAD)

    def teardown(self) -> None:
        """When nothing is in the way any more, everybody has had their turn, and exactly one of them each."""
        if not self.total:
            return
        self.connected = True
        for _ in range(20 * self.total + 50):
            if self.actor.state.status == "done":
                break
            if self.waiting:
                self.carry(self.waiting[0])
                self.carried += 1
            elif untold := sorted(set(self.actor.state.out) & self.messages):
                self.do(cmd.Heard(place=untold[0], what="sent"))
            else:
                self.do(informed(cmd.Resume(by=7), 5))
                if BROADCAST.timers(self.actor.state):
                    self.time_passes()
        assert self.actor.state.status == "done"
        assert self.settled == set(range(1, self.total + 1))


Outside.TestCase.settings = settings(max_examples=60, stateful_step_count=60)
TestOutside = Outside.TestCase


# -- quiet hours, and how long it takes -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "until"),
    [
        ("2026-03-02T20:59", None),
        ("2026-03-02T21:00", "2026-03-03T08:00"),
        ("2026-03-03T07:59", "2026-03-03T08:00"),
        ("2026-03-03T08:00", None),
    ],
)
def test_quiet_hours_are_of_the_clock_on_the_wall(local: str, until: str | None) -> None:
    at = datetime.fromisoformat(local).replace(tzinfo=SAO_PAULO).astimezone(UTC)
    expected = at if until is None else datetime.fromisoformat(until).replace(tzinfo=SAO_PAULO)
    assert loud_from(BroadcastConfig(), SAO_PAULO, at) == expected


@given(
    st.times().map(lambda at: f"{at:%H:%M}"),
    st.times().map(lambda at: f"{at:%H:%M}"),
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),
    st.sampled_from(["America/Sao_Paulo", "Europe/Lisbon", "Asia/Kolkata", "UTC"]),
)
def test_what_is_not_quiet_is_loud_and_every_wait_ends_within_a_day(
    begins: str, ends: str, at: datetime, zone: str
) -> None:
    config, there = BroadcastConfig(quiet_from=begins, quiet_until=ends), ZoneInfo(zone)
    loud = loud_from(config, there, at)
    assert at <= loud <= at + timedelta(hours=25)
    assert loud_from(config, there, loud) == loud
    quiet = quiet_from(config, there, loud)
    assert (quiet is None) is (begins == ends)
    assert quiet is None or quiet > loud


@pytest.mark.parametrize(
    ("known", "strangers", "expected"),
    [
        (20, 0, "2026-03-02T09:01"),
        (1200, 0, "2026-03-02T10:00"),
        (20 * 60 * 12 + 20, 0, "2026-03-03T08:01"),
        (0, 200, "2026-03-02T09:30"),
        (0, 220, "2026-03-03T08:03"),
    ],
)
def test_how_long_it_takes_counts_pace_quiet_hours_and_the_share_of_a_day(
    known: int, strangers: int, expected: str
) -> None:
    start = datetime(2026, 3, 2, 9, tzinfo=SAO_PAULO)
    ends = ends_at(BroadcastConfig(), SAO_PAULO, start, 20, known, strangers)
    assert ends == datetime.fromisoformat(expected).replace(tzinfo=SAO_PAULO)


# -- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.spec(98)
@pytest.mark.parametrize(
    ("body", "name", "read"),
    [
        ("Oi {{name}}!", "Bia Souza", "Oi Bia Souza!"),
        ("Oi @{{first_name}}!", "Bia Souza", "Oi Bia!"),
        ("Olá, {{name}}!", None, "Olá!"),
        ("{{first_name}}, tem pão", "", ", tem pão"),
        ("Oi {{name}}", "{{first_name}}", "Oi {{first_name}}"),
        ("Oi {{ name }}", "Bia\n\x07Souza", "Oi Bia Souza"),
        ("Oi {{nome}}", "Bia", "Oi {{nome}}"),
    ],
)
def test_a_name_is_put_in_once_and_a_missing_one_leaves_no_gap(body: str, name: str | None, read: str) -> None:
    assert personal(body, name) == read


@given(st.text(max_size=1100), st.text(max_size=300))
def test_a_text_is_never_longer_than_it_may_be(body: str, name: str) -> None:
    assert len(personal(body, name)) <= LONGEST


@pytest.mark.parametrize(
    ("said", "is_one"),
    [("SAIR", True), (" sair. ", True), ("Stop!", True), ("Párar", True), ("quero parar", False), ("sair" * 60, False),
     ("", False), ("...", False)],
)  # fmt: skip
def test_a_word_that_opts_out_stands_alone(said: str, is_one: bool) -> None:
    assert opts_out(said, BroadcastConfig().opt_out_words) is is_one


@pytest.mark.parametrize("locale", ["en", "pt-BR", "pt", "es"])
def test_whoever_opts_out_is_told_in_the_houses_language(locale: str) -> None:
    assert told_in(locale)


def test_the_live_push_shows_status_and_progress_and_no_more() -> None:
    assert show(ev.BroadcastPaused(), 3) == {
        "broadcast": {"id": 3, "status": "paused", "reason": "person", "waits_until": None}
    }
    assert show(ev.OutcomeCounted(place=2, what="sent"), 3) == {
        "broadcast": {"id": 3},
        "progress": {"recipient": 2, "what": "sent"},
    }
    assert show(ev.RecipientsReleased(places=(1,), turn=1), 3) is None
