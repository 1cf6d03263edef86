"""The log: commits on their way in, streams on their way out.

Lifecycle of a commit: `writer.py` gathers, `sealing.py` and `codec.py` encode, `batches.py` orders its rows, and one
transaction writes them all with the head; then its listeners hear. Invariants: positions are gapless and in commit
order; a stale epoch writes nothing; events are never changed, only their keys go. Imports no feature: rows come from
what features declare (`schema.py`).
"""
