"""The routes of all small resources, made from their declarations (`actors/workspace/declarations.py`).

A collection: GET and POST on its path, PUT and DELETE on an item, POST …/reorder where people order it by hand.
A configuration: GET and PUT.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any, get_type_hints

from msgspec.structs import fields
from pydantic import BaseModel, Field, create_model

from plixa.actors.feature import Logic
from plixa.actors.workspace import upkeep
from plixa.actors.workspace.declarations import Collection, Config
from plixa.engine.actor import Outcome
from plixa.engine.events import Event
from plixa.http.api import Answer, Call, Handler, Route, rendering, route
from plixa.http.api.fields import Body, Id


class Order(Body):
    """Ids in the order wanted. Ids that are not there are passed over; what is not named keeps its position."""

    ids: list[Id] = Field(max_length=1000)


def collection_routes(collection: Collection[Any]) -> Iterator[Route]:
    """A collection's routes."""
    made, declare = _Collection(collection), _declarer(panel=collection.panel)
    path, item_path = collection.path, f"{collection.path}/{{{collection.param}}}"
    tag, write, feature = collection.tag, collection.write, collection.feature
    named = collection.one.replace("_", " ")
    shape: Any = answer_model(_camel(collection.one), collection.item)
    shapes: Any = list[shape]
    new, change = made.bodies()
    also = (200,) if collection.once else ()
    yield declare(made.all, f"List the {named}s", "GET", path, tag=tag, who=collection.read, answer=shapes)
    yield declare(
        made.create, f"Create a {named}", "POST", path, tag=tag, who=write, body=new, answer=shape, status=201,
        also=also, idempotent=True, feature=feature, raises=("TOO_MANY",),
    )  # fmt: skip
    if collection.changes:
        yield declare(
            made.change, f"Update a {named}", "PUT", item_path, tag=tag, who=write, body=change, answer=shape,
            feature=feature, raises=("TOO_MANY",) if collection.own else (),
        )  # fmt: skip
    yield declare(
        made.remove, f"Delete a {named}", "DELETE", item_path, tag=tag, who=write, status=204, feature=feature
    )
    if collection.reorder:
        yield declare(
            made.reorder, f"Reorder the {named}s", "POST", f"{path}/reorder", tag=tag, who=write, body=Order,
            answer=shapes, feature=feature,
        )  # fmt: skip


def config_routes(config: Config[Any]) -> Iterator[Route]:
    """A configuration's routes."""
    made, declare = _Config(config), _declarer(panel=config.panel)
    name = _camel(config.name)
    shape = answer_model(f"{name}Config", config.value, *([config.tells] if config.tells else []))
    body = body_model(f"Change{name}Config", config.value, frozenset(), config.required)
    named, path, tag = config.name.replace("_", " "), config.path, config.tag
    yield declare(made.get, f"Get the {named} configuration", "GET", path, tag=tag, who=config.read, answer=shape)
    yield declare(
        made.put, f"Update the {named} configuration", "PUT", path, tag=tag, who=config.write, body=body,
        answer=shape, feature=config.feature, raises=config.raises, before_factor=config.before_factor,
    )  # fmt: skip


def _declarer(*, panel: bool) -> Callable[..., Route]:
    """What declares a resource's routes: all of them are the panel's, or none."""

    def declare(handler: Handler, summary: str, method: Any, path: str, **more: Any) -> Route:
        async def named(call: Call) -> Answer:
            return await handler(call)

        named.__doc__ = summary
        return route(method, path, ability="panel" if panel else None, **more)(named)

    return declare


class _Collection:
    """The handlers of one collection."""

    def __init__(self, collection: Collection[Any]) -> None:
        self._collection = collection

    def bodies(self) -> tuple[type[BaseModel], type[BaseModel]]:
        """What POST takes, and what PUT takes."""
        collection = self._collection
        item, hidden = collection.item, collection.hidden
        required = [each.name for each in fields(item) if each.required]
        new = body_model(f"New{_camel(collection.one)}", item, hidden, required)
        if collection.replaces:
            return new, new
        return new, body_model(f"Change{_camel(collection.one)}", item, hidden, ())

    async def all(self, call: Call) -> Answer:
        workspace = await call.services.bus.workspace(call.tenant)
        return Answer(self._all(workspace, call))

    async def create(self, call: Call) -> Answer:
        workspace = await call.services.bus.workspace(call.tenant)
        render = rendering(_created, workspace, self._collection)
        values, by = sent(call.body), call.caller.user_id
        command = upkeep.Create(collection=self._collection.name, values=values, by=by)
        outcome = await call.ask("workspace", call.tenant, command, render=render)
        if not outcome.recorded:
            there = upkeep.there_already(outcome.state, self._collection, values)
            return Answer(upkeep.shown(outcome.state, self._collection, there))
        return render([each.event for each in outcome.recorded])

    async def change(self, call: Call) -> Answer:
        item_id, values = call.params[self._collection.param], sent(call.body)
        command = upkeep.Change(
            collection=self._collection.name, item_id=item_id, values=values, by=call.caller.user_id
        )
        outcome = await call.ask("workspace", call.tenant, command)
        item = upkeep.items_of(outcome.state, self._collection)[item_id]
        return Answer(upkeep.shown(outcome.state, self._collection, item))

    async def remove(self, call: Call) -> Answer:
        item_id = call.params[self._collection.param]
        command = upkeep.Remove(collection=self._collection.name, item_id=item_id, by=call.caller.user_id)
        await call.ask("workspace", call.tenant, command)
        return Answer(status=204)

    async def reorder(self, call: Call) -> Answer:
        ids, by = tuple(call.body.ids), call.caller.user_id
        command = upkeep.Reorder(collection=self._collection.name, ids=ids, by=by)
        outcome: Outcome = await call.ask("workspace", call.tenant, command)
        return Answer(self._all(outcome.state, call))

    def _all(self, workspace: Any, call: Call) -> list[upkeep.Values]:
        items = upkeep.in_order(workspace, self._collection, call.caller.user_id)
        return [upkeep.shown(workspace, self._collection, item) for item in items]


def _created(events: Sequence[Event], workspace: Any, collection: Collection[Any]) -> Answer:
    made = next(event for event in events if isinstance(event, upkeep.SettingCreated))
    return Answer(upkeep.shown(workspace, collection, upkeep.item_of(collection, made)), status=201)


class _Config:
    """The handlers of one configuration."""

    def __init__(self, config: Config[Any]) -> None:
        self._config = config

    async def get(self, call: Call) -> Answer:
        return self._answer(await call.services.bus.workspace(call.tenant))

    async def put(self, call: Call) -> Answer:
        command = upkeep.Configure(config=self._config.name, values=sent(call.body), by=call.caller.user_id)
        outcome = await call.ask("workspace", call.tenant, command)
        return self._answer(outcome.state)

    def _answer(self, workspace: Any) -> Answer:
        told = upkeep.shown_value(self._config.tells.of(workspace)) if self._config.tells else {}
        return Answer({**upkeep.shown_value(upkeep.value_of(workspace, self._config)), **told})


def sent(body: BaseModel) -> upkeep.Values:
    """The fields that were sent, in JSON types."""
    return body.model_dump(mode="json", exclude_unset=True)


def body_model(name: str, struct: Any, hidden: frozenset[str], required: Sequence[str]) -> type[BaseModel]:
    """A body with a struct's fields, each checked by its annotation. What is not required may be left out."""
    hints = get_type_hints(struct, include_extras=True)
    chosen: dict[str, Any] = {}
    for each in fields(struct):
        if each.name not in hidden:
            absent = ... if each.name in required else Field(default_factory=lambda: None)
            chosen[each.name] = (hints[each.name], absent)
    return create_model(name, __base__=Body, __doc__=struct.__doc__ or "", **chosen)


def answer_model(name: str, *structs: Any) -> Any:
    """The shape of an answer with all fields of some structs."""
    shown: dict[str, Any] = {}
    for struct in structs:
        hints = get_type_hints(struct, include_extras=True)
        shown |= {each.name: (hints[each.name], ...) for each in fields(struct)}
    return create_model(name, **shown)


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def routes_of(logic: Logic) -> tuple[Route, ...]:
    """The routes of a feature's small resources."""
    made = *map(collection_routes, logic.collections), *map(config_routes, logic.configs)
    return tuple(chain.from_iterable(made))
