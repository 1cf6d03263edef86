"""What the address book decides, given what a look-up found."""

from __future__ import annotations

from typing import Any

import pytest
from tests.actors.given import NOON, Given, house, types

from plixa.actors.contacts import importing, merging, records
from plixa.actors.contacts.actor import CONTACTS, PeerLookUp, PeerRoute, PeerRouted, Resolve
from plixa.actors.contacts.custom_fields import CustomField
from plixa.actors.contacts.labels import Label
from plixa.actors.contacts.names import folded
from plixa.actors.contacts.state import Card
from plixa.actors.whatsapp.gateway import Peer
from plixa.engine.errors import Conflict, Invalid, NotFound, Refused
from plixa.engine.events import Event
from plixa.engine.ports import Effect

HOUSE = house(
    trial_ends_at=NOON.replace(year=2999),
    labels={1: Label(id=1, name="VIP", color="#ffffff"), 2: Label(id=2, name="Novo", color="#ffffff")},
    custom_fields={3: CustomField(id=3, name="Size", key="size", type="number")},
)
BIA = Card(id=10, phone="5511987650001", name="Bia", labels=(1,), values={3: "12"})
ANA = Card(id=11, phone="5511987650002", name="Ana", notes="n", labels=(1, 2), values={3: "13", 4: "x"})


def book() -> Given:
    """An address book."""
    return Given(CONTACTS, CONTACTS.initial(1), HOUSE)


def decided(command: Any) -> list[Event]:
    """What follows from a command."""
    return list(book().when(command))


@pytest.mark.spec(113)
def test_a_known_number_is_left_alone() -> None:
    assert decided(records.AddContact(phone="5511987650001", name="X", known=BIA)) == []
    [added] = decided(records.AddContact(phone="5511987650001", name=""))
    assert isinstance(added, records.ContactAdded)
    assert (added.phone, added.name, added.origin) == ("5511987650001", None, "member")


@pytest.mark.parametrize("known", [None, Card(id=10, merged_into=9)])
def test_what_is_not_there_or_was_merged_cannot_be_changed(known: Card | None) -> None:
    for command in (
        records.ChangeContact(contact_id=10, fields=("name",), known=known),
        records.EraseContact(contact_id=10, known=known),
        records.AttachLabel(contact_id=10, label_id=1, known=known),
        records.DetachLabel(contact_id=10, label_id=1, known=known),
        records.SetValues(contact_id=10, values={}, known=known),
        merging.Merge(contact_id=10, from_id=11, known=known, other=ANA),
        merging.Unmerge(contact_id=10, merge_id=1, known=known, other=ANA),
    ):
        with pytest.raises(NotFound):
            decided(command)


@pytest.mark.spec(116)
@pytest.mark.spec(119)
def test_what_is_so_already_is_no_event() -> None:
    nothing = [
        records.ChangeContact(contact_id=10, fields=("name", "notes"), name="Bia", notes="", known=BIA),
        records.ChangeContact(contact_id=10, fields=(), name="X", known=BIA),
        records.AttachLabel(contact_id=10, label_id=1, known=BIA),
        records.DetachLabel(contact_id=10, label_id=2, known=BIA),
        records.SetValues(contact_id=10, values={3: "12", 99: "x"}, known=BIA),
    ]
    for command in nothing:
        assert decided(command) == []


@pytest.mark.spec(122)
@pytest.mark.spec(124)
def test_one_wrong_value_keeps_all_from_being_set() -> None:
    with pytest.raises(Invalid) as refused:
        decided(records.SetValues(contact_id=10, values={3: "many", 99: "x"}, known=BIA))
    assert list(refused.value.details or ()) == ["values.3"]
    [valued] = decided(records.SetValues(contact_id=10, values={3: ""}, known=BIA))
    assert isinstance(valued, records.ContactValued)
    assert valued.values == {3: None}


@pytest.mark.spec(121)
def test_erasing_tells_the_conversations_once_and_keeps_their_addresses() -> None:
    peer = records.KeptPeer(3, 77, phone="5511987650001")
    given = book()
    events = given.when(
        records.EraseContact(
            contact_id=10, known=BIA, family=(10, 11), peers=(peer,), conversations=(77,), unopened=(78,)
        )
    )
    assert types(events) == ["peer.kept", "conversation.unrouted", "contact.erased", "contact.erased"]
    assert events[0].sealed_for("contacts-1") == "conversation-77"
    [effect] = given.effects
    assert isinstance(effect, Effect)
    assert effect.request == {"gone": "contact", "id": 10, "conversations": [77]}


def test_a_merge_gives_what_was_not_there_and_its_undoing_takes_it_away() -> None:
    given = book()
    events = given.when(merging.Merge(contact_id=10, from_id=11, known=BIA, other=ANA, conversations=(5,)))
    merged = events[0]
    assert isinstance(merged, merging.ContactMerged)
    assert merged.gained == merging.Gained((2,), (4,), ("notes",))
    after = Card(id=10, phone=BIA.phone, name="Bia", notes="n", labels=(1, 2), values={3: "12", 4: "x"})
    frozen = Card(id=11, phone=ANA.phone, name="Ana", notes="n", labels=(1, 2), values=ANA.values, merged_into=10)
    merge = merging.Merged(merged.merge_id, 11, 10, merged.gained)
    undo = merging.Unmerge(contact_id=10, merge_id=1, known=after, other=frozen, merge=merge, conversations=(5,))
    changed, unlabelled, valued = given.when(undo)[1:]
    assert isinstance(changed, records.ContactChanged)
    assert isinstance(unlabelled, records.ContactUnlabelled)
    assert isinstance(valued, records.ContactValued)
    assert (changed.name, changed.notes, unlabelled.label_ids, valued.values) == ("Bia", None, (2,), {4: None})
    moves = [effect.request for effect in given.effects if isinstance(effect, Effect)]
    assert [(each["id"], each["to"], each["conversations"]) for each in moves] == [(11, 10, [5]), (10, 11, [5])]


def test_an_impossible_merge_is_refused() -> None:
    def merge(**more: Any) -> Any:
        return merging.Merge(**{"contact_id": 10, "from_id": 11, "known": BIA, "other": ANA, **more})

    assert decided(merge(other=Card(id=11, merged_into=10))) == []
    for wrong in (merge(from_id=10, other=BIA), merge(other=None), merge(other=Card(id=11, merged_into=12))):
        with pytest.raises(Invalid):
            decided(wrong)
    undo = merging.Unmerge(contact_id=10, merge_id=1, known=BIA, other=ANA)
    with pytest.raises(NotFound):
        decided(undo)
    older = merging.Merged(1, 11, 10, merging.Gained(), last=False)
    with pytest.raises(Conflict):
        decided(merging.Unmerge(contact_id=10, merge_id=1, known=BIA, other=ANA, merge=older))


def test_a_customer_whose_contact_was_erased_gets_a_new_one_in_the_same_conversation() -> None:
    peer = Peer("5511987650001", "77", "jid")
    gone = PeerRoute(0, 20)
    events = decided(Resolve(number_id=3, peer=peer, found=PeerLookUp(by_phone=gone, by_lid=gone)))
    assert types(events) == ["contact.added", "peer.routed"]
    [routed] = decided(Resolve(number_id=3, peer=peer, found=PeerLookUp(by_phone=gone, contact_id=9)))
    assert isinstance(routed, PeerRouted)
    assert (routed.contact_id, routed.conversation_id, routed.phone, routed.lid) == (9, 20, peer.phone, "77")


# -- imports ----------------------------------------------------------------------------------------------------------


def chunk(*rows: importing.Row, after: int = 0, done: int = 0, total: int = 9, **more: Any) -> importing.ImportRows:
    """A chunk of an import."""
    job = importing.Job(total, done, more.pop("problems", 0))
    return importing.ImportRows(import_id=1, after=after, rows=rows, job=job, **more)


def test_rows_of_one_number_become_one_contact() -> None:
    rows = (
        importing.Row(2, "5511900000001", "A", labels=("vip",), values={3: "1,5"}),
        importing.Row(3, "5511900000001", notes="n", labels=("Novo", "none"), values={3: "x"}),
    )
    added, labelled, valued, progressed = decided(chunk(*rows))
    assert isinstance(added, records.ContactAdded)
    assert isinstance(labelled, records.ContactLabelled)
    assert isinstance(valued, records.ContactValued)
    assert isinstance(progressed, importing.ImportProgressed)
    assert (added.name, added.notes, added.origin) == ("A", "n", "import")
    assert (labelled.label_ids, valued.values) == ((1, 2), {3: "1.5"})
    assert (progressed.done, progressed.added, progressed.changed) == (2, 1, 0)
    assert [problem.line for problem in progressed.problems] == [3, 3]


def test_a_row_that_says_what_is_so_changes_nothing_and_empty_cells_are_left_alone() -> None:
    rows = (
        importing.Row(2, str(BIA.phone), "Bia", labels=("VIP",), values={3: "12"}),
        importing.Row(3, "5511900000001"),
    )
    _, progressed = decided(chunk(*rows, known={str(BIA.phone): BIA}))
    assert isinstance(progressed, importing.ImportProgressed)
    assert (progressed.unchanged, progressed.added) == (1, 1)


def test_a_chunk_that_comes_twice_is_taken_once_and_the_last_one_ends_it() -> None:
    row = importing.Row(2, "5511900000001")
    assert decided(chunk(row, after=0, done=1)) == []
    assert types(decided(chunk(row, after=8, done=8)))[-1] == "import.finished"
    with pytest.raises(Refused):
        decided(importing.ImportRows(import_id=1, after=0, rows=(row,)))
    assert decided(importing.EndImport(import_id=1, reason="x")) == []


def test_a_report_has_an_end() -> None:
    problem = importing.Problem(1, None, "Wrong.", "Mend it.")
    rows = [importing.Row(n, problems=(problem,), unusable=True) for n in range(5)]
    [progressed] = decided(chunk(*rows, problems=importing.PROBLEMS - 2))
    assert isinstance(progressed, importing.ImportProgressed)
    assert (len(progressed.problems), progressed.failed, progressed.done) == (2, 5, 5)


def test_without_the_plan_an_import_sets_no_values() -> None:
    given = book()
    given.workspace = house(labels=HOUSE.labels, custom_fields=HOUSE.custom_fields)
    events = given.when(chunk(importing.Row(2, "5511900000001", values={3: "1"})))
    assert types(events) == ["contact.added", "import.progressed"]


@pytest.mark.parametrize(
    ("name", "plain"),
    [("  José d'Ávila ", "jose d avila"), ("ŁUKASZ", "lukasz"), ("ﬁsh", "fish"), ("Straße", "strasse"),
     ("李 雷", "李 雷"),
     ("😀", ""), (None, ""), ("a_b", "a b"), ("x" * 300, "x" * 200)],
)  # fmt: skip
def test_names_are_folded(name: str | None, plain: str) -> None:
    assert folded(name) == plain
    assert folded(plain) == plain
