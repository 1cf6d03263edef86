"""How a workspace's small resources are declared: a struct with typed fields, and what is special about it.

A `Collection` is a list of items (labels, sectors, saved replies …), a `Config` one value (the greeting, the opening
hours …), a `Held` anything else that a feature keeps in the workspace's state. All three are read with
`.of(workspace)`. Reading a declaration tells everything about a resource; `upkeep.py` decides and folds all of them,
and `http/workspace/routes/upkeep.py` makes their routes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct

from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import Moment
from plixa.engine.events import Event

Who = Literal["member", "owner"]
Referred = Literal["members", "sectors", "labels", "numbers", "services", "resources"]
Feature = Literal["ai", "api_access", "broadcasts", "custom_fields", "auto_assignment"]
"""What a plan may include; the error code is the name in capitals with `_PLAN_REQUIRED`."""


class Item(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """Base of a collection's items."""

    id: int = 0


class Ordered(Item, frozen=True, omit_defaults=True, kw_only=True):
    """Base of items that people put in order by hand; equal positions show in the order of their ids."""

    position: int = -1


class Own(Ordered, frozen=True, omit_defaults=True, kw_only=True):
    """Base of items that each member has a set of their own of: nobody else sees it, and it goes when they go.

    user_id: whose it is; 0 is the business's set, which everybody sees and owners write. is_default: what is shown
    before anything is chosen; one of a set at most.
    """

    user_id: int = 0
    is_default: bool = False


class Shareable(Own, frozen=True, omit_defaults=True, kw_only=True):
    """Base of own items that an owner may put into the business's set."""

    shared: bool = False


I = TypeVar("I", bound=Item)  # noqa: E741  # the customary letter
V = TypeVar("V", bound=Struct)
T = TypeVar("T")


def _unchanged(_workspace: Workspace, item: Any) -> Any:
    return item


def _nothing(_workspace: Workspace, _item: Any) -> Sequence[Event]:
    return ()


def _by_id(item: Any) -> Any:
    return item.id


@dataclass(frozen=True, slots=True)
class Held(Generic[T]):
    """A value of the workspace's state that its feature folds by itself. kind: its type. first: what it begins as."""

    name: str
    kind: Any
    first: T

    def of(self, workspace: Workspace) -> T:
        """The value in this workspace."""
        value: T = getattr(workspace, self.name)
        return value


@dataclass(frozen=True, slots=True)
class Collection(Generic[I]):
    """A list of items under one path.

    name: what it is called, in events and in the state. one: what a single one is called, in events and errors.
    read, write: who may. panel: people at the panel only, no integration's token, be it to read.
    feature: what the plan must include to write; reading is always allowed.
    unique: fields that no two items share, case folded. references: fields that hold ids of members, numbers or items
    of other collections; ids of what is gone are not shown, and a word in an id's place is no id.
    check: last word on an item; may complete it; raises `Invalid`.
    replaces: PUT demands what POST demands; otherwise what is left out stays as it is.
    cascades: other actors hold ids of these items and are told when one is removed.
    once: fields that say whether two items are the same; making one that is there already gives that one.
    changes: whether an item can be changed; otherwise it is removed and made anew.
    removed: what else is decided when an item is removed by somebody.
    hidden: fields that are not the client's to write. most: how many there may be.
    Where items are `Own`, each member's set is a list by itself: `unique`, `order` and `most` are of one set.
    """

    name: str
    one: str
    item: type[I]
    path: str
    tag: str
    param: str = "id"
    read: Who = "member"
    write: Who = "owner"
    panel: bool = False
    feature: Feature | None = None
    unique: tuple[str, ...] = ()
    references: Mapping[str, Referred] = field(default_factory=dict[str, Any])
    check: Callable[[Workspace, I], I] = _unchanged
    order: Callable[[I], Any] = _by_id
    replaces: bool = False
    reorder: bool = False
    cascades: bool = False
    once: tuple[str, ...] = ()
    changes: bool = True
    removed: Callable[[Workspace, I], Sequence[Event]] = _nothing
    hidden: frozenset[str] = frozenset({"id"})
    most: int = 1000

    def of(self, workspace: Workspace) -> dict[int, I]:
        """The items of this workspace, by id."""
        items: dict[int, I] = getattr(workspace, self.name)
        return items

    @property
    def own(self) -> bool:
        """Whether each member has a set of their own."""
        return issubclass(self.item, Own)


class Derived(Struct, frozen=True):
    """Base of what a configuration's answers tell beside its value."""

    @classmethod
    def of(cls, workspace: Workspace) -> Derived:
        """As things stand."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Config(Generic[V]):
    """One value under one path, read by GET and changed by PUT; what is left out stays as it is.

    name: what it is called, in events and in the state. required: what a PUT must bring.
    panel: people at the panel only, no integration's token, be it to read.
    check: last word on a new value, given the old workspace and who changes it; may complete it; raises `Invalid`.
    then: what else is decided when it changes, given the workspace with the new value. again: also when it is saved
    as it was.
    raises: the codes of conflicts that `check` raises. tells: what answers tell beside the value.
    before_factor: it is changed also without the second factor that the workspace demands.
    """

    name: str
    value: type[V]
    path: str
    tag: str
    required: tuple[str, ...] = ()
    read: Who = "member"
    write: Who = "owner"
    panel: bool = False
    feature: Feature | None = None
    check: Callable[[Workspace, V, int], V] = lambda _workspace, value, _by: value
    then: Callable[[Workspace, Moment], Sequence[Event]] = lambda _workspace, _now: ()
    again: bool = False
    raises: tuple[str, ...] = ()
    before_factor: bool = False
    tells: type[Derived] | None = None

    def of(self, workspace: Workspace) -> V:
        """The value in this workspace."""
        value: V = getattr(workspace, self.name)
        return value


def by_position(item: Any) -> Any:
    """Display order of `Ordered` items."""
    return (item.position, item.id)


def own_first(item: Any) -> Any:
    """Display order of `Own` items: those of the member, then the business's, each set as it was put in order."""
    return (item.user_id == 0, item.position, item.id)


def by_name(item: Any) -> Any:
    """Display order of items that are looked for by name."""
    return (item.name.casefold(), item.id)
