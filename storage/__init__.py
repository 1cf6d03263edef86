"""The only package that knows asyncpg and SQL.

A commit's way: `writer.py` gathers what all actors have queued, `codec.py` seals and encodes the events,
`projection.py` says which rows follow from them, and `statements.py` holds the set-based SQL that writes everything in
one transaction. `log.py` reads streams back, `reads/` answers the HTTP layer, `vault.py` keeps secrets.
"""
