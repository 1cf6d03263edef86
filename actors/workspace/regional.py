"""Where the workspace is: every scheduled thing follows its time zone, never the server's or the browser's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from plixa.actors.fields import Currency, TimeZone
from plixa.actors.hours import holiday_config as holidays
from plixa.actors.notifications.digest_config import replan
from plixa.actors.workspace.declarations import Config
from plixa.engine.actor import Moment
from plixa.engine.events import Event

if TYPE_CHECKING:
    from plixa.actors.workspace.state import Workspace


class Regional(Struct, frozen=True, omit_defaults=True):
    """`locale`: for members without one of their own, and for the workspace's e-mails."""

    timezone: TimeZone = "UTC"
    locale: Literal["en", "pt-BR", "pt", "es"] = "en"
    currency: Currency = "USD"


def _followed(house: Workspace, now: Moment) -> Sequence[Event]:
    return [*replan(house, now), *holidays.followed(house, now)]


REGIONAL = Config(
    name="regional",
    value=Regional,
    path="/v1/workspace-config",
    tag="Workspace configuration",
    required=("timezone", "locale", "currency"),
    then=_followed,
)
