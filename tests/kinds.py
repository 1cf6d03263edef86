"""The kinds of actors as the features compose them."""

from __future__ import annotations

from typing import Any

from plixa import features
from plixa.actors.workspace.state import Workspace
from plixa.engine.actor import ActorType

KINDS = features.kinds()
WORKSPACE: ActorType[Any] = KINDS["workspace"]


def workspace(**fields: Any) -> Workspace:
    """A workspace's state, with a field for each of the features' declarations."""
    whole: Workspace = type(WORKSPACE.initial(1))(**fields)
    return whole
