"""A number's connection, and what it looks back for."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from tests.actors.given import NOON, Given, types
from tests.kinds import WORKSPACE

from plixa.actors.contacts.actor import CONTACTS, PeerLookUp, PeerRoute, PeerRouted, Resolve
from plixa.actors.whatsapp import number
from plixa.actors.whatsapp.gateway import ConnectionSeen, LoggedOut, Missing, Peer
from plixa.actors.whatsapp.number import (
    NUMBER,
    Disconnect,
    Leave,
    LookBack,
    Observe,
    Provision,
    Rename,
    Repair,
    Restart,
)
from plixa.actors.workspace.actor import AddNumber, RegisterWorkspace
from plixa.engine.actor import EffectDone, EffectFailed, EffectStarting
from plixa.engine.errors import Conflict, NotFound


def provisioned() -> Given:
    given = Given(NUMBER, NUMBER.initial(3))
    given.when(Provision(instance="plixa-1-abc", name="front"))
    return given


def see(state: str) -> Observe:
    return Observe(seen=ConnectionSeen(state, 200, "551133334444"))  # type: ignore[arg-type]


def test_it_is_created_at_the_gateway_once() -> None:
    given = provisioned()
    assert given.queued() == ["create-3"]
    assert given.when(Provision(instance="plixa-1-abc", name="front")) == []


def test_connecting_after_the_scan_is_progress_not_a_loss() -> None:
    given = provisioned()
    assert given.when(see("connecting")) == []
    assert types(given.when(see("open"))) == ["number.status"]
    assert given.when(see("open")) == []
    assert given.state.status == "connected"


def test_a_connecting_that_an_open_has_overtaken_loses_nothing_unless_the_gateway_says_so_when_asked() -> None:
    given = provisioned()
    given.when(see("open"))
    assert given.when(see("connecting"), after=0.1) == []
    assert given.state.status == "connected"
    assert types(given.when(replace(see("connecting"), asked=True), after=0.1)) == ["number.status"]
    assert given.state.blind_since == given.at
    given.when(see("open"), after=60)
    assert types(given.when(see("connecting"), after=number.JUST_OPENED.total_seconds())) == ["number.status"]


def test_a_reconnect_looks_back_over_the_time_it_was_blind() -> None:
    given = provisioned()
    given.when(see("open"))
    given.when(see("connecting"), after=60)
    assert given.state.status == "connecting"
    events = given.when(see("open"), after=120)
    assert types(events) == ["number.status", "number.looking_back"]
    looking = events[1]
    assert isinstance(looking, number.NumberLookingBack)
    assert looking.blind_from == NOON + timedelta(seconds=60) - number.OVERLAP
    assert looking.blind_to == NOON + timedelta(seconds=180)
    result = {"seen": 20, "recovered": 14, "until": looking.blind_to.isoformat()}
    [filled] = given.when(EffectDone(effect_id="backfill-3-1", result=result))
    assert isinstance(filled, number.NumberBackfilled)
    assert (filled.recovered, filled.blind_to) == (14, looking.blind_to)


def over(backfill: int, given: Given) -> EffectDone:
    """That look-back is done, with the span that it covered."""
    result = {"seen": 5, "recovered": 1, "since": NOON.isoformat(), "until": given.at.isoformat()}
    return EffectDone(effect_id=f"backfill-3-{backfill}", result=result)


def test_a_second_loss_while_the_first_is_looked_for_is_looked_for_as_well() -> None:
    given = provisioned()
    given.when(see("open"))
    for _ in range(2):
        given.when(see("connecting"), after=60)
        given.when(see("open"), after=60)
    assert given.state.unfinished == (1, 2)
    [first] = given.when(over(1, given))
    assert isinstance(first, number.NumberBackfilled)
    assert (first.backfill, first.blind_from) == (1, NOON)
    assert given.state.looking_from is not None  # the second one's
    [second] = given.when(over(2, given))
    assert isinstance(second, number.NumberBackfilled)
    assert second.backfill == 2
    assert (given.state.looking_from, given.state.unfinished) == (None, ())


def test_a_look_back_is_told_once_however_often_its_report_comes() -> None:
    given = provisioned()
    given.when(see("open"))
    given.when(LookBack(since=NOON, why="restart"))
    report = over(1, given)
    assert types(given.when(report)) == ["number.backfilled"]
    assert given.when(report) == []


def test_look_backs_wait_for_each_other_and_are_bounded() -> None:
    given = provisioned()
    given.when(see("open"))
    for _ in range(number.MOST_LOOK_BACKS):
        assert types(given.when(LookBack(since=NOON, why="restart"))) == ["number.looking_back"]
    assert given.when(LookBack(since=NOON, why="silence")) == []
    given.when(over(1, given))
    assert types(given.when(LookBack(since=NOON, why="silence"))) == ["number.looking_back"]


def test_a_look_back_that_is_given_up_stands_in_the_way_of_no_later_one() -> None:
    given = provisioned()
    given.when(see("open"))
    given.when(LookBack(since=NOON, why="restart"))
    given.when(EffectFailed(effect_id="backfill-3-1", reason="refused", permanent=True))
    assert (given.state.looking_from, given.state.unfinished) == (None, ())


def test_what_a_removed_number_still_looked_for_is_told_to_nobody() -> None:
    given = provisioned()
    given.when(see("open"))
    given.when(LookBack(since=NOON, why="restart"))
    given.when(Leave())
    assert types(given.when(over(1, given))) == ["effect.over"]


@pytest.mark.spec(195)
@pytest.mark.spec(198)
def test_disconnect_and_restart_change_the_status_at_once_and_tell_the_gateway() -> None:
    given = provisioned()
    given.when(see("open"))
    assert types(given.when(Restart())) == ["number.status", "number.asked"]
    assert given.state.status == "pending_qr"
    given.when(see("open"))
    given.when(Disconnect())
    assert given.state.status == "disconnected"
    assert [each.split("-")[0] for each in given.queued()] == ["create", "restart", "backfill", "logout"]


def test_a_logout_on_the_phone_disconnects() -> None:
    given = provisioned()
    given.when(see("open"))
    assert types(given.when(Observe(seen=LoggedOut()))) == ["number.status"]
    assert given.state.status == "disconnected"


def test_what_was_never_provisioned_is_not_there() -> None:
    with pytest.raises(NotFound):
        Given(NUMBER, NUMBER.initial(9)).when(Restart())


# -- what the gateway answers when it is asked ------------------------------------------------------------------------

LOST = Observe(seen=Missing(), asked=True)


def ask(state: str) -> Observe:
    return replace(see(state), asked=True)


def created() -> Given:
    given = provisioned()
    given.when(EffectStarting(effect_id="create-3"))
    given.when(EffectDone(effect_id="create-3", result={}))
    return given


def connected() -> Given:
    given = created()
    given.when(see("open"))
    return given


def told(given: Given) -> tuple[str, str | None]:
    return given.state.status, given.state.why


@pytest.mark.parametrize("before", ["open", "connecting", "close", None])
def test_what_the_gateway_does_not_know_is_down_whatever_it_was(before: str | None) -> None:
    given = connected() if before else created()
    if before:
        given.when(ask(before))
    given.when(LOST)
    assert told(given) == ("disconnected", "unknown_to_gateway")
    assert given.when(LOST, after=30) == []
    given.when(ask("open"))
    assert told(given) == ("connected", None)


def test_while_it_is_being_made_it_is_not_lost_but_not_for_ever() -> None:
    given = provisioned()
    assert given.when(LOST, after=1) == []
    given.when(LOST, after=number.PATIENCE.total_seconds())
    assert told(given) == ("disconnected", "unknown_to_gateway")


@pytest.mark.parametrize("late", [LoggedOut(), LoggedOut(removed=True), ConnectionSeen("close", 401)])
def test_a_late_farewell_lasts_until_the_gateway_is_asked(late: LoggedOut | ConnectionSeen) -> None:
    given = connected()
    given.when(Observe(seen=late), after=60)
    assert given.state.status == "disconnected"
    assert types(given.when(ask("open"), after=0.2)) == ["number.status", "number.looking_back"]
    assert told(given) == ("connected", None)


def test_until_a_logout_is_carried_out_open_is_no_news() -> None:
    given = connected()
    given.when(Disconnect())
    logout = given.queued()[-1]
    assert given.when(ask("open"), after=30) == []
    given.when(EffectStarting(effect_id=logout))
    given.when(EffectDone(effect_id=logout, result={}))
    assert given.when(ask("close")) == []
    assert told(given) == ("disconnected", "disconnected_by_member")
    given.when(ask("open"), after=30)
    assert given.state.status == "connected", "somebody has paired it at the gateway"


def test_why_it_is_closed_is_said_as_well_as_it_is_known() -> None:
    given = connected()
    given.when(ask("close"))
    assert told(given) == ("disconnected", "closed")
    given.when(Observe(seen=LoggedOut()))
    assert told(given) == ("disconnected", "logged_out")
    assert given.when(Observe(seen=ConnectionSeen("close", 500))) == []


def test_repairing_is_asked_for_once() -> None:
    given = connected()
    given.when(LOST)
    assert types(given.when(Repair(), after=60)) == ["number.status", "number.asked"]
    assert given.when(Repair()) == []
    assert given.when(LOST, after=1) == [], "found out before it was made anew"
    given.when(EffectDone(effect_id=given.queued()[-1], result={}))
    assert given.when(Repair(), after=1) == []


def test_what_the_gateway_refuses_for_good_is_no_code_to_wait_for() -> None:
    given = provisioned()
    given.when(EffectFailed(effect_id="create-3", reason="no", permanent=True))
    assert told(given) == ("disconnected", "setup_failed")
    given.when(LOST, after=60)
    assert told(given) == ("disconnected", "setup_failed"), "the watch has nothing better to say"


def test_a_number_that_was_never_paired_has_missed_nothing() -> None:
    given = created()
    given.when(LOST)
    assert types(given.when(see("open"))) == ["number.status"]


def test_a_new_name_stays() -> None:
    given = connected()
    assert types(given.when(Rename(name="Balcão"))) == ["number.renamed"]
    assert given.when(Rename(name="Balcão")) == []
    given.when(ask("close"))
    given.when(see("open"))
    assert given.state.name == "Balcão"


def test_a_removed_number_leaves_once_and_hears_nothing_more() -> None:
    given = connected()
    given.when(Leave())
    assert given.queued()[-1].startswith("remove-")
    for word in (
        Leave(),
        ask("close"),
        LOST,
        see("open"),
        LookBack(since=NOON, why="silence"),
        Repair(),
        Rename(name="x"),
    ):
        assert given.when(word) == []
    for refused in (Restart(), Disconnect()):
        with pytest.raises(NotFound):
            given.when(refused)


# -- who is who -------------------------------------------------------------------------------------------------------

PHONE, LID = Peer("5511999990000", None, "p"), Peer(None, "777", "l")
BOTH = Peer("5511999990000", "777", "p")
A, B = PeerRoute(1, 10), PeerRoute(2, 20)


def resolve(peer: Peer, found: PeerLookUp) -> list[PeerRouted]:
    events = Given(CONTACTS, CONTACTS.initial(1)).when(Resolve(number_id=3, peer=peer, found=found))
    return [event for event in events if isinstance(event, PeerRouted)]


def test_a_new_customer_gets_a_contact_and_a_conversation() -> None:
    [routed] = resolve(BOTH, PeerLookUp())
    assert (routed.phone, routed.lid) == ("5511999990000", "777")


def test_a_customer_known_on_another_number_keeps_the_contact() -> None:
    [routed] = resolve(PHONE, PeerLookUp(contact_id=4))
    assert routed.contact_id == 4


def test_a_lid_that_is_learnt_later_leads_to_the_phones_conversation() -> None:
    [routed] = resolve(BOTH, PeerLookUp(by_phone=A))
    assert (routed.conversation_id, routed.lid, routed.phone) == (10, "777", None)


def test_a_phone_that_is_learnt_later_leads_to_the_lids_conversation() -> None:
    [routed] = resolve(BOTH, PeerLookUp(by_lid=B))
    assert (routed.conversation_id, routed.phone) == (20, "5511999990000")


def test_where_both_lead_somewhere_the_phone_wins() -> None:
    [routed] = resolve(BOTH, PeerLookUp(by_phone=A, by_lid=B))
    assert (routed.conversation_id, routed.lid) == (10, "777")


def test_what_is_known_is_left_alone() -> None:
    assert resolve(BOTH, PeerLookUp(by_phone=A, by_lid=A)) == []
    assert resolve(LID, PeerLookUp(by_lid=B)) == []


# -- how many numbers -------------------------------------------------------------------------------------------------


@pytest.mark.spec(194)
def test_as_many_numbers_as_the_plan_includes() -> None:
    workspace = Given(WORKSPACE, WORKSPACE.initial(1))
    workspace.when(
        RegisterWorkspace(
            name="P", slug="p", country_code="BR", timezone="UTC", locale="en", tax_id=None,
            owner_id=1, owner_name="Ana", owner_email="a@b.c",
        )
    )  # fmt: skip
    for n in range(3):  # the trial is professional: three numbers
        workspace.when(AddNumber(instance=f"i{n}"))
    with pytest.raises(Conflict) as refused:
        workspace.when(AddNumber(instance="i3"))
    assert refused.value.code == "PHONE_NUMBER_LIMIT_REACHED"
    assert len(workspace.queued()) == 3
