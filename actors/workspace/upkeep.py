"""One mechanism for all of a workspace's small resources: what can be asked, what happens, how the state follows.

An event carries the whole item or value as it is afterwards, so that whoever watches needs no earlier one; reading it
back fills in what later versions have added. Where items are members' own it says in `of` whose set it was in before
(0: the business's), so that those who may see it can be told, and nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec.structs import asdict, replace

from plixa.actors.workspace.declarations import Collection, Config, Item, Ordered, Own, Shareable
from plixa.actors.workspace.events import NumberRemoved
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Command, Moment
from plixa.engine.dispatch import Decider, Evolver
from plixa.engine.errors import Conflict, Forbidden, Invalid, NotFound
from plixa.engine.events import Event, event
from plixa.engine.ports import Effect

decide: Decider[Workspace] = Decider()
evolve: Evolver[Workspace] = Evolver()

Values = dict[str, Any]


class Create(Command, frozen=True, kw_only=True, tag=True):
    """A new item of a collection. `by`, here and below: the member who asks, to whom it belongs where items do."""

    collection: str
    values: Values
    by: int = 0


class Change(Command, frozen=True, kw_only=True, tag=True):
    """New values for fields of an item; the rest stays."""

    collection: str
    item_id: int
    values: Values
    by: int = 0


class Remove(Command, frozen=True, kw_only=True, tag=True):
    collection: str
    item_id: int
    by: int = 0


class Reorder(Command, frozen=True, kw_only=True, tag=True):
    """These items in this order. What is not named keeps its position; ids of nothing are passed over."""

    collection: str
    ids: tuple[int, ...]
    by: int = 0


class Configure(Command, frozen=True, kw_only=True, tag=True):
    """New values for fields of a configuration; the rest stays. `by` is the member who asks."""

    config: str
    values: Values
    by: int


@event("setting.created")
class SettingCreated(Event, frozen=True, kw_only=True):
    collection: str
    item_id: int
    values: Values


@event("setting.changed")
class SettingChanged(Event, frozen=True, kw_only=True):
    collection: str
    item_id: int
    values: Values
    of: int | None = None


@event("setting.removed")
class SettingRemoved(Event, frozen=True, kw_only=True):
    collection: str
    item_id: int
    of: int | None = None


@event("setting.reordered")
class SettingReordered(Event, frozen=True, kw_only=True):
    """Positions by id, of the items of one set that moved."""

    collection: str
    positions: dict[int, int]
    of: int | None = None


@event("config.changed")
class ConfigChanged(Event, frozen=True, kw_only=True):
    """The whole value as it is now. `change_id` tells this change from others."""

    config: str
    values: Values
    change_id: int = 0


# -- deciding ---------------------------------------------------------------------------------------------------------


@decide.on(Create)
def _create(state: Workspace, command: Create, now: Moment) -> Sequence[Event]:
    collection = collection_of(state, command.collection)
    if there_already(state, collection, command.values) is not None:
        return []
    item = _owned(state, msgspec.convert({**command.values, "id": next(now.ids)}, collection.item), command.by)
    item = _checked(state, collection, _placed(state, collection, item))
    created = SettingCreated(collection=collection.name, item_id=item.id, values=as_values(item))
    return [*_no_other_default(state, collection, item), created]


@decide.on(Change)
def _change(state: Workspace, command: Change, now: Moment) -> Sequence[Event]:
    collection = collection_of(state, command.collection)
    old = _existing(state, collection, command.item_id, command.by)
    kept = shown(state, collection, old)  # without ids of what is gone, which are nobody's fault now
    new = _owned(state, msgspec.convert({**kept, **command.values}, collection.item), command.by)
    if collection.own and new.user_id != old.user_id:
        new = _placed(state, collection, replace(new, position=-1))
    new = _checked(state, collection, new)
    if new == old:
        return []
    changed = SettingChanged(collection=collection.name, item_id=new.id, values=as_values(new), of=_set_of(old))
    return [*_no_other_default(state, collection, new), changed]


@decide.on(Remove)
def _remove(state: Workspace, command: Remove, now: Moment) -> Sequence[Event]:
    collection = collection_of(state, command.collection)
    item = _existing(state, collection, command.item_id, command.by)
    removed = SettingRemoved(collection=collection.name, item_id=command.item_id, of=_set_of(item))
    return [removed, *collection.removed(state, item)]


@decide.on(Reorder)
def _reorder(state: Workspace, command: Reorder, now: Moment) -> Sequence[Event]:
    collection = collection_of(state, command.collection)
    items = {id_: each for id_, each in items_of(state, collection).items() if _may_write(state, each, command.by)}
    wanted = {id_: place for place, id_ in enumerate(dict.fromkeys(i for i in command.ids if i in items))}
    moved: dict[int | None, dict[int, int]] = {}
    for id_, place in wanted.items():
        if items[id_].position != place:
            moved.setdefault(_set_of(items[id_]), {})[id_] = place
    return [SettingReordered(collection=collection.name, positions=places, of=of) for of, places in moved.items()]


@decide.on(Configure)
def _configure(state: Workspace, command: Configure, now: Moment) -> Sequence[Event]:
    config = config_of(state, command.config)
    old = value_of(state, config)
    new = config.check(state, msgspec.convert({**_plain(old), **command.values}, config.value), command.by)
    if new == old:
        return config.then(state, now) if config.again else []
    changed = ConfigChanged(config=config.name, values=as_values(new), change_id=next(now.ids))
    return [changed, *config.then(evolve(state, changed), now)]


def _existing(state: Workspace, collection: Collection[Any], item_id: int, by: int) -> Any:
    """An item that is theirs to write."""
    item = items_of(state, collection).get(item_id)
    if item is None or not _may_see(item, by):
        raise NotFound(collection.one.replace("_", " "))
    if not _may_write(state, item, by):
        raise Forbidden("This is shared by the whole workspace: only its owner may change it.")
    return item


def _set_of(item: Any) -> int | None:
    return item.user_id if isinstance(item, Own) else None


def _may_see(item: Any, by: int) -> bool:
    return not isinstance(item, Own) or item.user_id in (0, by)


def _may_write(state: Workspace, item: Any, by: int) -> bool:
    return not isinstance(item, Own) or item.user_id == by or (item.user_id == 0 and state.is_owner(by))


def _owned(state: Workspace, item: Any, by: int) -> Any:
    """The item in the set that it belongs to: the business's if it is shared, otherwise that of whoever asks."""
    if not isinstance(item, Own):
        return item
    shared = isinstance(item, Shareable) and item.shared
    if shared and not state.is_owner(by):
        raise Forbidden("Only the owner of the workspace may share this with everybody.")
    return replace(item, user_id=0 if shared else by)


def _placed(state: Workspace, collection: Collection[Any], item: Any) -> Any:
    """The item at the end of its set, if there is room and nobody has said where."""
    others = _others(state, collection, item)
    if len(others) >= collection.most:
        raise Conflict(
            f"There are {len(others)} already, the most that there may be. Remove some first.", code="TOO_MANY"
        )
    if isinstance(item, Ordered) and item.position < 0:
        return replace(item, position=1 + max((each.position for each in others), default=-1))
    return item


def _others(state: Workspace, collection: Collection[Any], item: Any) -> list[Any]:
    """The other items of the same set; where nothing is anybody's own there is one set."""
    others = [each for each in items_of(state, collection).values() if each.id != item.id]
    return [each for each in others if each.user_id == item.user_id] if isinstance(item, Own) else others


def _no_other_default(state: Workspace, collection: Collection[Any], item: Any) -> Iterator[Event]:
    if isinstance(item, Own) and item.is_default:
        for each in _others(state, collection, item):
            if each.is_default:
                values = as_values(replace(each, is_default=False))
                yield SettingChanged(collection=collection.name, item_id=each.id, values=values, of=each.user_id)


def _checked(state: Workspace, collection: Collection[Any], item: Any) -> Any:
    wrong = dict(_missing(state, collection, item))
    if wrong:
        raise Invalid(wrong)
    item = collection.check(state, item)
    wrong = {name: [f"The {name} has already been taken."] for name in _taken(state, collection, item)}
    if wrong:
        raise Invalid(wrong)
    return item


def _missing(state: Workspace, collection: Collection[Any], item: Any) -> Iterator[tuple[str, list[str]]]:
    for name, kind in collection.references.items():
        value = getattr(item, name)
        for id_ in value if isinstance(value, list) else () if value is None else (value,):  # pyright: ignore[reportUnknownVariableType]
            if isinstance(id_, int) and id_ not in getattr(state, kind):
                yield name, [f"{id_} is not one of the workspace's {kind}."]


def _taken(state: Workspace, collection: Collection[Any], item: Any) -> Iterator[str]:
    others = _others(state, collection, item)
    for name in collection.unique:
        value = _folded(getattr(item, name))
        if value is not None and any(_folded(getattr(each, name)) == value for each in others):
            yield name


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


# -- folding ----------------------------------------------------------------------------------------------------------


@evolve.on(SettingCreated, SettingChanged)
def _written(state: Workspace, event: SettingCreated | SettingChanged) -> Workspace:
    collection = collection_of(state, event.collection)
    item = msgspec.convert(event.values, collection.item)
    return _with_items(state, collection, {**items_of(state, collection), event.item_id: item})


@evolve.on(SettingRemoved)
def _removed(state: Workspace, event: SettingRemoved) -> Workspace:
    collection = collection_of(state, event.collection)
    kept = {id_: item for id_, item in items_of(state, collection).items() if id_ != event.item_id}
    return _with_items(state, collection, kept)


@evolve.on(SettingReordered)
def _reordered(state: Workspace, event: SettingReordered) -> Workspace:
    collection = collection_of(state, event.collection)
    items = items_of(state, collection)
    moved = {id_: replace(items[id_], position=place) for id_, place in event.positions.items() if id_ in items}
    return _with_items(state, collection, {**items, **moved})


@evolve.on(ConfigChanged)
def _configured(state: Workspace, event: ConfigChanged) -> Workspace:
    config = config_of(state, event.config)
    return replace(state, **{config.name: msgspec.convert(event.values, config.value)})


def without_member(state: Workspace, user_id: int) -> Workspace:
    """Without what was a member's own."""
    for collection in collections_of(state):
        if collection.own:
            items = items_of(state, collection).items()
            state = _with_items(state, collection, {id_: each for id_, each in items if each.user_id != user_id})
    return state


# -- reading ----------------------------------------------------------------------------------------------------------


def collections_of(state: Workspace) -> list[Collection[Any]]:
    """All that this workspace has declared."""
    return list(type(state).collections.values())


def collection_of(state: Workspace, name: str) -> Collection[Any]:
    """The declaration of this name. Raises KeyError for one that this release lacks."""
    collection: Collection[Any] = type(state).collections[name]
    return collection


def config_of(state: Workspace, name: str) -> Config[Any]:
    """The declaration of this name. Raises KeyError for one that this release lacks."""
    config: Config[Any] = type(state).configs[name]
    return config


def items_of(state: Workspace, collection: Collection[Any]) -> dict[int, Any]:
    """A collection's items by id."""
    return collection.of(state)


def there_already(state: Workspace, collection: Collection[Any], values: Values) -> Any:
    """The item that making one of these values would make once more; None if there is none."""
    if not collection.once:
        return None
    wanted = [values[name] for name in collection.once]
    items = items_of(state, collection).values()
    return next((each for each in items if [_plain(each)[name] for name in collection.once] == wanted), None)


def item_of(collection: Collection[Any], made: SettingCreated | SettingChanged) -> Any:
    """The item that an event of this collection speaks of."""
    return msgspec.convert(made.values, collection.item)


def value_of(state: Workspace, config: Config[Any]) -> Any:
    """A configuration's value."""
    return config.of(state)


def in_order(state: Workspace, collection: Collection[Any], by: int) -> list[Any]:
    """A collection's items as they are displayed to this member."""
    return sorted((each for each in items_of(state, collection).values() if _may_see(each, by)), key=collection.order)


def shown(state: Workspace, collection: Collection[Any], item: Item) -> Values:
    """An item for the outside, in JSON types; ids of what is gone are left out."""
    values = dict(_plain(item))
    for name, kind in collection.references.items():
        living, value = getattr(state, kind), values[name]
        if isinstance(value, list):
            values[name] = [id_ for id_ in value if id_ in living]  # pyright: ignore[reportUnknownVariableType]
        elif isinstance(value, int) and value not in living:
            values[name] = None
    return values


def shown_value(value: Any) -> Values:
    """A configuration's value, or an item with whatever it holds, for the outside, in JSON types."""
    return _plain(value)


def as_values(value: Any) -> Values:
    """An item or value as events carry it: JSON types, defaults left out."""
    values: Values = msgspec.to_builtins(value)
    return values


def _plain(value: Any) -> Values:
    return {name: msgspec.to_builtins(each) for name, each in asdict(value).items()}


def _with_items(state: Workspace, collection: Collection[Any], items: dict[int, Any]) -> Workspace:
    return replace(state, **{collection.name: items})


def effects(state: Workspace, happened: Event) -> Iterator[Effect]:
    """Other actors hold ids of what was removed: they are told, by the outbox."""
    if isinstance(happened, SettingRemoved):
        collection = collection_of(state, happened.collection)
        if collection.cascades:
            yield gone(collection.one, happened.item_id)
    if isinstance(happened, NumberRemoved):
        yield gone("number", happened.number_id)


def gone(one: str, id_: int) -> Effect:
    """Tells all that hold this id."""
    request = {"gone": one, "id": id_}
    return Effect(f"cascade-{one}-{id_}", "workspace.cascade", "cascade", "cascade", request)
