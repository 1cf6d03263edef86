"""What a commit said is gone and whose rows are still there: whoever reads these by another way leaves them out."""

from __future__ import annotations


def going(what: str, tenant: str, ref: str) -> str:
    """SQL that holds where rows are marked to be swept (`sweeping.py`). tenant, ref: columns, or parameters."""
    return f"exists (select from sweeps where tenant_id = {tenant} and what = '{what}' and ref = ({ref})::text)"


MESSAGE = going("messages", "m.tenant_id", "m.conversation_id")
"""Whether a message `m` is one of an erased conversation."""
