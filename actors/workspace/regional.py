"""Where the workspace is: every scheduled thing follows its time zone, never the server's or the browser's."""

from __future__ import annotations

from collections.abc import Sequence

from plixa.actors.hours import holiday_config as holidays
from plixa.actors.notifications.digest_config import replan
from plixa.actors.workspace.declarations import Config
from plixa.actors.workspace.state import Regional, Workspace
from plixa.engine.actor import Moment
from plixa.engine.events import Event


def _followed(workspace: Workspace, now: Moment) -> Sequence[Event]:
    return [*replan(workspace, now), *holidays.followed(workspace, now)]


REGIONAL = Config(
    name="regional",
    value=Regional,
    path="/v1/workspace-config",
    tag="Workspace configuration",
    required=("timezone", "locale", "currency"),
    then=_followed,
)
