"""A Google that needs no account: consent, tokens, one calendar an account, free/busy, channels, and its faults.

For `make run` and for tests. Everything lives in memory and follows one clock, which can be put forward. Of Plixa only
its neighbour's wire is imported. What it answers follows Google's own description of the Calendar API (v3).

By file: `app` (HTTP, faults) → `consent` (the page, codes, tokens) and `calendar` (events, lists, free/busy, channels)
→ `world` (what is kept).
"""

from .app import GoogleApp
from .server import serve
from .settings import GoogleSettings
from .world import Account, Faults, Stored, World

__all__ = ["Account", "Faults", "GoogleApp", "GoogleSettings", "Stored", "World", "serve"]
