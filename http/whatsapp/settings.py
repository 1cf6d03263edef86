"""The settings of what comes from customers."""

from __future__ import annotations

from plixa.engine.settings import setting

MEDIA_LIMIT_MB = setting("MEDIA_LIMIT_MB", "64", int, "the largest file taken from a customer")
SETTINGS = (MEDIA_LIMIT_MB,)
