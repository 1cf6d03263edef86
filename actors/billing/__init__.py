"""What a workspace pays for: its licence, its subscription at Stripe, and the plan that follows from them.

All of it is the workspace's own state (`Held`), so that licence, trial and subscription change in the order of one
stream, and every gate sees a change at once (`workspace/plans.py` asks `state.py`). Nothing here speaks to Stripe: what
is known of a subscription is what a read of it saw last.
"""

from __future__ import annotations

FACE: tuple[str, ...] = ("state",)
