"""Seats, invitations, the digest's hours and the end, as pure decisions."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from tests.actors.given import HOUSE, NOON, Given, house, replay, types
from tests.kinds import WORKSPACE

from plixa.actors.notifications import digest
from plixa.actors.notifications.digest_config import DigestConfig, next_digest, period_before, span_of
from plixa.actors.notifications.mail import REMEMBERED, MailRequested
from plixa.actors.people import team
from plixa.actors.workspace import deletion
from plixa.actors.workspace.plans import limits_of
from plixa.actors.workspace.upkeep import Configure
from plixa.engine.actor import EffectDone, EffectFailed, EffectStarting, TimerFired
from plixa.engine.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from plixa.engine.events import Event

ZONES = st.sampled_from(["UTC", "America/Sao_Paulo", "Europe/Lisbon", "Asia/Kolkata", "Pacific/Apia", "America/Havana"])
FREQUENCIES: Any = st.sampled_from(["daily", "weekly", "monthly"])
MOMENTS = st.datetimes(datetime(2012, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # it adds one
ANA = 7


def workspace(**changes: Any) -> Given:
    """With Ana as the owner, on trial."""
    return Given(WORKSPACE, house(trial_ends_at=NOON + timedelta(days=14), **changes))


def invite(who: Given, email: str, **more: Any) -> int:
    """Invite somebody; returns the invitation's id."""
    events = who.when(team.Invite(email=email, role="agent", by=ANA, **more))
    assert types(events) == ["invitation.created", "mail.requested"]
    assert isinstance(events[0], team.InvitationCreated)
    return events[0].invitation_id


# -- invitations ------------------------------------------------------------------------------------------------------


def test_an_invitations_mail_names_the_secret_and_holds_none() -> None:
    who = workspace()
    number = invite(who, "teo@plixa.example")
    [mail] = [each for each in who.effects if getattr(each, "kind", "") == "mail.send"]
    assert (mail.request["secret_kind"], mail.request["secret_ref"]) == ("invitation", number)  # type: ignore[union-attr]
    assert mail.request["values"]["inviter"] == "Ana"  # type: ignore[union-attr]


def test_somebody_who_is_invited_or_a_member_is_not_invited_again() -> None:
    who = workspace()
    invite(who, "teo@plixa.example")
    for email, more in (("teo@plixa.example", {}), ("ana@plixa.example", {}), ("x@y.zz", {"taken": True})):
        with pytest.raises(Invalid):
            who.when(team.Invite(email=email, role="agent", by=ANA, **more))
    who.when(team.Accept(invitation_id=100, user_id=8, name="Téo"))
    with pytest.raises(NotFound):
        who.when(team.Accept(invitation_id=100, user_id=9, name="Téo again"))


def test_an_invitation_that_expired_frees_its_seat_and_its_address() -> None:
    who = workspace()
    old = invite(who, "teo@plixa.example")
    who.at += team.VALID_FOR
    with pytest.raises(NotFound):
        who.when(team.Accept(invitation_id=old, user_id=8, name="Téo"))
    with pytest.raises(Conflict, match="expired"):
        who.when(team.Resend(invitation_id=old, by=ANA))
    new = invite(who, "teo@plixa.example")
    assert set(who.state.invitations) == {new}


def test_a_members_conversations_are_let_go_with_them() -> None:
    who = workspace()
    invite(who, "teo@plixa.example")
    who.when(team.Accept(invitation_id=100, user_id=8, name="Téo"))
    who.when(team.RemoveMember(user_id=8, by=ANA))
    [told] = [each for each in who.effects if getattr(each, "kind", "") == "workspace.cascade"]
    assert told.request == {"gone": "member", "id": 8}  # type: ignore[union-attr]
    assert set(who.state.members) == {ANA}
    assert who.state.invitations == {}


def test_an_invitation_is_no_seat_once_the_plan_has_shrunk() -> None:
    who = workspace()
    who.at += timedelta(days=10)
    numbers = [invite(who, f"a{n}@plixa.example") for n in range(4)]
    who.at += timedelta(days=5)
    for number in numbers[:2]:
        who.when(team.Accept(invitation_id=number, user_id=number, name="Somebody"))
    with pytest.raises(Conflict) as refused:
        who.when(team.Accept(invitation_id=numbers[2], user_id=9, name="Somebody"))
    assert refused.value.code == "SEAT_LIMIT_REACHED"


class Seats(RuleBasedStateMachine):
    """Whatever people do, in whatever order and plan, nobody joins who has no seat, and the log tells it all again."""

    def __init__(self) -> None:
        super().__init__()
        self.who = workspace()
        self.events: list[Event] = []
        self.users = 1000

    def _when(self, command: Any) -> None:
        members = len(self.who.state.members)
        seats = limits_of(self.who.state, self.who.at).seats
        try:
            events = self.who.when(command)
        except Refused:
            return
        self.events += events
        if len(self.who.state.members) > members:
            assert len(self.who.state.members) <= seats
        if any(isinstance(event, team.InvitationCreated) for event in events):
            assert len(self.who.state.members) + len(team.pending(self.who.state, self.who.at)) <= seats

    @rule(number=st.integers(0, 20))
    def invited(self, number: int) -> None:
        self._when(team.Invite(email=f"a{number}@plixa.example", role="agent", by=ANA))

    @rule(index=st.integers(0, 200))
    def accepted(self, index: int) -> None:
        self.users += 1
        self._when(team.Accept(invitation_id=100 + index % 60, user_id=self.users, name="Somebody"))

    @rule(index=st.integers(0, 200))
    def cancelled(self, index: int) -> None:
        self._when(team.CancelInvitation(invitation_id=100 + index % 60, by=ANA))

    @rule(index=st.integers(0, 50))
    def removed(self, index: int) -> None:
        members = sorted(self.who.state.members)
        self._when(team.RemoveMember(user_id=members[index % len(members)], by=ANA))

    @rule(days=st.integers(1, 6))
    def time_passes(self, days: int) -> None:
        self.who.at += timedelta(days=days)

    @invariant()
    def the_owner_stays(self) -> None:
        assert ANA in self.who.state.members

    def teardown(self) -> None:
        start = workspace().state
        again = start
        for event in self.events:
            again = WORKSPACE.evolve(again, event)
        assert again == self.who.state


TestSeats = Seats.TestCase


# -- the digest -------------------------------------------------------------------------------------------------------


@pytest.mark.spec(153)
@pytest.mark.spec(311)
@given(FREQUENCIES, ZONES, MOMENTS)
def test_it_is_always_nine_oclock_there_whatever_the_clocks_do(frequency: Any, zone: str, after: datetime) -> None:
    due = next_digest(frequency, zone, after)
    local = due.astimezone(ZoneInfo(zone))
    assert due > after
    assert local.time() == time(9)
    assert frequency != "weekly" or local.weekday() == 0
    assert frequency != "monthly" or local.day == 1
    assert due - after <= timedelta(days={"daily": 1, "weekly": 7, "monthly": 31}[frequency], hours=25)


@given(FREQUENCIES, ZONES, MOMENTS)
def test_periods_follow_each_other_without_gap_or_overlap(frequency: Any, zone: str, after: datetime) -> None:
    due = next_digest(frequency, zone, after)
    following = next_digest(frequency, zone, due)
    one, two = (span_of(*period_before(frequency, zone, each), zone) for each in (due, following))
    assert one[0] < one[1] == two[0] < two[1] <= following


def test_it_is_planned_again_when_hours_or_place_change() -> None:
    who = workspace()
    who.when(Configure(config="digest", values={"enabled": True}, by=ANA))
    assert without_the_trials(who.timers) == {"digest": datetime(2026, 3, 3, 9, tzinfo=UTC)}
    changed = who.when(Configure(config="regional", values={"timezone": "America/Sao_Paulo"}, by=ANA))
    assert types(changed) == ["config.changed", "digest.scheduled"]
    assert without_the_trials(who.timers) == {"digest": datetime(2026, 3, 3, 12, tzinfo=UTC)}
    assert types(who.when(Configure(config="regional", values={"currency": "BRL"}, by=ANA))) == ["config.changed"]
    who.when(Configure(config="digest", values={"enabled": False}, by=ANA))
    assert without_the_trials(who.timers) == {}


def test_a_late_digest_is_sent_once_and_tells_of_all_days_since() -> None:
    who = workspace(digest=DigestConfig(enabled=True), digest_due=NOON)
    assert who.when(TimerFired("digest", NOON - timedelta(days=1))) == []
    who.at = NOON + timedelta(days=3)
    due, scheduled = who.when(TimerFired("digest", NOON))
    assert isinstance(due, digest.DigestDue)
    assert (due.first_day, due.last_day) == (NOON.date() - timedelta(days=1), who.at.date() - timedelta(days=1))
    assert who.timers["digest"] > who.at
    assert who.when(TimerFired("digest", NOON)) == []
    effect = who.queued()[-1]
    assert who.when(EffectStarting(effect)) == []  # what does no harm is the outbox's alone until it is done
    assert scheduled.type == "digest.scheduled"
    mails = who.when(EffectDone(effect, {"values": {"company": "Padaria"}, "only_to": None}))
    assert [mail.user_id for mail in mails if isinstance(mail, MailRequested)] == [ANA]


def test_a_digest_whose_report_comes_again_is_mailed_once() -> None:
    who = workspace()
    done: list[EffectDone] = []
    for _ in range(REMEMBERED + 1):
        who.when(digest.TestDigest(user_id=ANA))
        done.append(EffectDone(who.queued()[-1], {"values": {"company": "Padaria"}, "only_to": ANA}))
        assert types(who.when(done[-1])) == ["mail.requested"]
        assert [who.when(each) for each in done[-REMEMBERED:]] == [[]] * len(done[-REMEMBERED:])


def test_a_quiet_day_makes_no_mail() -> None:
    who = workspace()
    who.when(digest.TestDigest(user_id=ANA))
    effect = who.queued()[-1]
    assert who.when(EffectDone(effect, {})) == []


# -- the end ----------------------------------------------------------------------------------------------------------


def without_the_trials(timers: dict[str, datetime]) -> dict[str, datetime]:
    """Those beside the one for the end of the trial, which every new workspace has."""
    return {name: due for name, due in timers.items() if name != "limits"}


@pytest.mark.spec(34)
@pytest.mark.spec(36)
def test_the_end_comes_thirty_days_later_unless_it_is_called_off() -> None:
    who = workspace()
    who.when(deletion.ScheduleDeletion(by=ANA))
    assert without_the_trials(who.timers) == {"deletion": NOON + timedelta(days=30)}
    who.when(deletion.CancelDeletion(by=ANA))
    assert who.when(TimerFired("deletion", NOON + timedelta(days=30))) == []
    who.when(deletion.ScheduleDeletion(by=ANA))
    [erased] = who.when(TimerFired("deletion", NOON + timedelta(days=30)))
    assert isinstance(erased, deletion.WorkspaceErased)
    assert erased.emails == (("ana@plixa.example", "en"),)
    assert who.timers == {}
    assert who.queued()[-1] == deletion.EFFECT
    assert who.when(EffectFailed(deletion.EFFECT, "the gateway is away", permanent=True)) == []


def test_what_happened_reads_back_as_it_was() -> None:
    events = [
        team.MemberAvailability(user_id=ANA, is_available=False),
        deletion.DeletionScheduled(due=NOON, asked_at=NOON, by=ANA),
    ]
    state = Given(WORKSPACE, HOUSE).given(*events).state
    assert state.members[ANA].is_available is False
    assert state.deletion is not None
    assert replay(WORKSPACE, 1, [events[1]]).deletion == state.deletion


def test_of_two_owners_who_remove_each_other_at_once_one_stays() -> None:
    who = workspace()
    who.when(team.Invite(email="bo@plixa.example", role="owner", by=ANA))
    who.when(team.Accept(invitation_id=100, user_id=8, name="Bo"))
    who.when(team.RemoveMember(user_id=8, by=ANA))
    with pytest.raises(Forbidden):
        who.when(team.RemoveMember(user_id=ANA, by=8))
    assert set(who.state.members) == {ANA}
