"""An event as the live push shows it: `{"offset", "type", "at", "data"}`. What is not for showing is left out.

Everybody gets the same bytes, but for what is a member's own, like a saved view: others hear of it only as it comes to
be shared, and that it is gone as it ceases to be.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from plixa.actors.contacts.records import ContactErased
from plixa.actors.conversation import events as ev
from plixa.actors.conversation.view import iso
from plixa.actors.feature import Data, Logic
from plixa.actors.workspace import upkeep
from plixa.actors.workspace.declarations import Collection
from plixa.engine.events import Event, Recorded
from plixa.engine.fanout import ShownEvent
from plixa.engine.ports import Commit, address_of
from plixa.http.realtime.holders import facts_of

_encode = msgspec.json.Encoder().encode
VERBS: dict[type[Any], str] = {
    upkeep.SettingCreated: "created",
    upkeep.SettingChanged: "changed",
    upkeep.SettingRemoved: "deleted",
    upkeep.SettingReordered: "reordered",
}
What = Literal["", "rating", "assignment", "merge", "end"]


class About(Struct, frozen=True):
    """conversation: whose sight decides. what: of which kind the event is, if that matters.

    gone: of an assignment or a merge, what is said instead to those for whom the conversation is gone by it.
    former: who had it before an assignment.
    """

    conversation: int
    what: What = ""
    gone: bytes | None = None
    former: int | None = None


def erases(recorded: Recorded) -> bool:
    """Whether earlier events say less from now on."""
    return isinstance(recorded.event, ev.ConversationDeleted | ContactErased)


def is_rating(event: Event) -> bool:
    """Whether this tells of a rating."""
    return isinstance(event, ev.CsatAsked | ev.CsatRated | ev.CsatCommented)


def _what(event: Event) -> What:
    match event:
        case ev.ConversationAssigned():
            return "assignment"
        case ev.ConversationMerged():
            return "merge"
        case ev.ConversationDeleted():
            return "end"
        case _:
            return "rating" if is_rating(event) else ""


class ShownEvents:
    """What the features' `LOGIC` says of their events and of changes in their small resources, as frames' entries."""

    def __init__(self, features: Sequence[Logic]) -> None:
        self._shows = {event: show for each in features for event, show in each.shows.items()}
        self._only = {event: whose for each in features for event, whose in each.only.items()}
        self._within = {event: of for each in features for event, of in each.within.items()}
        self._collections = {one.name: one for each in features for one in each.collections}
        self._configs = {one.name: one for each in features for one in each.configs}

    def view(self, commit: Commit, recorded: Sequence[Recorded]) -> tuple[list[ShownEvent], Mapping[int, object]]:
        """A commit's events, and who looks after what by now: see `engine/fanout.py`."""
        shown, holder = list[ShownEvent](), getattr(commit.before, "assigned_user_id", None)
        for each in recorded:
            shown.append(self.shown_of(each, holder))
            if isinstance(each.event, ev.ConversationAssigned):
                holder = each.event.assigned_user_id
        return shown, facts_of(commit)

    def shown_of(self, recorded: Recorded, former: int | None = None) -> ShownEvent:
        """The event as everybody sees it, and as one member does whose business it is alone.

        former: who looked after its conversation before, where it assigns one.
        """
        event: Any = recorded.event
        collection = self._collections.get(getattr(event, "collection", ""))
        if collection is not None and collection.own:
            return self._own(recorded, collection)
        data = self._data_of(recorded)
        if data is None:
            return ShownEvent(recorded.position, None)
        if (whose := self._only.get(type(recorded.event))) is not None:
            return ShownEvent(recorded.position, None, whose(event), self._encoded(recorded, data))
        return ShownEvent(recorded.position, self._encoded(recorded, data), about=self._about(recorded, former))

    def conversation_of(self, recorded: Recorded) -> int | None:
        """The conversation whose sight decides who may hear of it, if one's does."""
        address = address_of(recorded.tenant, recorded.stream)
        if address.kind == "conversation":
            return ev.home_of(recorded.event, address.id)
        within = self._within.get(type(recorded.event))
        return None if within is None else within(recorded.event)

    def _about(self, recorded: Recorded, former: int | None) -> About | None:
        home, what = self.conversation_of(recorded), _what(recorded.event)
        if home is None:
            return None
        gone = self._gone(recorded) if what in ("assignment", "merge") else None
        return About(home, what, gone, former)

    def _gone(self, recorded: Recorded) -> bytes:
        """That the event's conversation is not there any more."""
        conversation = address_of(recorded.tenant, recorded.stream).id
        data = {"conversation_id": conversation, "conversation": {"id": conversation, "deleted": True}}
        return self._encoded(recorded, data)

    def _own(self, recorded: Recorded, collection: Collection[Any]) -> ShownEvent:
        """A change of what may be a member's own. A set is a member's, or the business's (0), which everybody sees."""
        event: Any = recorded.event
        written = isinstance(event, upkeep.SettingCreated | upkeep.SettingChanged)
        after: int | None = upkeep.item_of(collection, event).user_id if written else event.of
        data = self._setting(event)
        if after is None or data is None:  # from before events said whose it was
            return ShownEvent(recorded.position, None)
        whole = self._encoded(recorded, data)
        if after == 0:
            return ShownEvent(recorded.position, whole)
        unshared = isinstance(event, upkeep.SettingChanged) and event.of == 0
        if not unshared:
            return ShownEvent(recorded.position, None, after, whole)
        gone = self._encoded(recorded, {collection.one: {"id": event.item_id, "deleted": True}})
        return ShownEvent(recorded.position, gone, after, whole)

    def _encoded(self, recorded: Recorded, data: Data) -> bytes:
        return _encode(
            {"offset": recorded.position, "type": self._type_of(recorded), "at": iso(recorded.at), "data": data}
        )

    def _type_of(self, recorded: Recorded) -> str:
        """What it is called outside: for small resources `label.created`, otherwise as in the log."""
        verb = VERBS.get(type(recorded.event))
        if verb is None:
            return recorded.event.type
        event: Any = recorded.event
        return f"{self._collections[event.collection].one}.{verb}"

    def _data_of(self, recorded: Recorded) -> Data | None:
        """What it changes, or None."""
        event = recorded.event
        if isinstance(event, upkeep.ConfigChanged):
            return {"config": event.config, "values": self._of_config(event)}
        show = self._shows.get(type(event))
        return self._setting(event) if show is None else show(event, recorded)

    def _of_config(self, event: upkeep.ConfigChanged) -> Data:
        """What changed. Events go to members and to tokens alike: where not all may read it, only that it did."""
        config = self._configs.get(event.config)
        return event.values if config is not None and config.read == "member" and not config.panel else {}

    def _setting(self, event: Any) -> Data | None:
        """A change in a list."""
        collection = self._collections.get(getattr(event, "collection", ""))
        if collection is None:
            return None
        match event:
            case upkeep.SettingCreated() | upkeep.SettingChanged():
                return {collection.one: upkeep.shown_value(upkeep.item_of(collection, event))}
            case upkeep.SettingRemoved():
                return {collection.one: {"id": event.item_id, "deleted": True}}
            case upkeep.SettingReordered():
                return {"positions": {str(id_): place for id_, place in event.positions.items()}}
            case _:
                return None
