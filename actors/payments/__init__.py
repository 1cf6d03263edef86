"""What a workspace's customers pay: its own account at Stripe, and the deposit of an appointment.

Money goes to the workspace's account by direct charges, without a fee of ours. A payment is an actor of its own, one an
appointment; what it knows is what reads of Stripe have found. `paid` is said only where status, amount, currency,
session and account all agree with what was asked, and is left only by a refund or a dispute.
"""

from __future__ import annotations

FACE: tuple[str, ...] = ()
