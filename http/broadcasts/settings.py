"""The setting of broadcasts."""

from __future__ import annotations

from plixa.engine.settings import setting

BROADCAST_PER_MINUTE = setting(
    "BROADCAST_PER_MINUTE",
    "20",
    float,
    "messages of broadcasts a minute and number that go out on average; to people who have never written a third of "
    "it; 0: no limit",
)
SETTINGS = (BROADCAST_PER_MINUTE,)
