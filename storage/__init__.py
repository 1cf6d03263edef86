"""The only package that knows asyncpg and SQL.

Mechanism, which knows no feature:
- `eventlog/`: a commit's way. `writer.py` gathers what all actors have queued, `codec.py` seals and encodes the events,
  `batches.py` puts all rows in order and writes them in one transaction; `reader.py` reads streams back.
- `lifetime/`: when rows go: retention, sweeping, erasure of a workspace.
- `nodes/`: who is alive, and whose a tenant is. `postgres/`: the driver. `tools/`: rebuild and replay.
- `store.py` is the engine's port on all of it; `schema.py` puts together what is declared.

Features, a folder each: `__init__.py` declares their tables (`TABLES`, see `feature.py`), `statements.py` has the SQL
that commits write with, `rows.py` says which rows follow from which events, `look_ups.py` what decisions need to know;
other modules read for the HTTP layer, or write what follows from no event. `FACE` names those that others may import.
"""
