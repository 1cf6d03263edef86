"""The digest by e-mail at 09:00 in the workspace's time zone: daily, on Mondays, or on the first of the month."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from plixa.actors.workspace.declarations import Config


class DigestConfig(Struct, frozen=True, omit_defaults=True):
    enabled: bool = False
    frequency: Literal["daily", "weekly", "monthly"] = "daily"


DIGEST = Config(
    name="digest", value=DigestConfig, path="/v1/digest-config", tag="Daily digest", required=("enabled",), read="owner"
)
