"""A process that does nothing but claim times, as commits do and without asking any agenda:

python -m tests.http.claimants URL FIRST TRIES,SORT,THINGS,UNITS…

It says `ready`, waits for a line, and makes each of these rounds: so many tries for one hour, or nearly, of one of so
many things and units by turns, on one connection, as a process commits. It says in JSON how many hold in each, and how
many the constraint refused. Two that wait for each other at it are told so by the database; one of them tries again.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from typing import Any

import asyncpg
import trio

from plixa.storage.postgres.bridge import Database, open_database
from plixa.storage.scheduling.statements import CLAIMED

CLAIM = "insert into appointment_claims values ($1, $2, $3, $4, $5, $6, $7)"


async def claim(database: Database, row: tuple[int, ...]) -> str:
    """What becomes of one."""

    async def insert(connection: Any) -> None:
        async with connection.transaction():
            await connection.execute("set local deadlock_timeout = '5ms'")
            await connection.execute(CLAIM, *row)

    while True:
        try:
            await database.run(insert)
        except asyncpg.ExclusionViolationError as error:
            return "refused" if error.constraint_name == CLAIMED else str(error)
        except asyncpg.DeadlockDetectedError:
            continue
        return "held"


async def tried(database: Database, first: int, tenant: int, tries: int, sort: int, things: int, units: int) -> Any:
    """What became of all of a round."""
    found = Counter[str]()

    for number in range(tries):
        begins = 600 + number % 50
        row = (tenant, first + number, sort, 70 + number % things, number % units, begins, begins + 60)
        found[await claim(database, row)] += 1
    return found


async def main(url: str, first: str, *rounds: str) -> None:
    """See the module's text."""
    async with open_database(url, size=1) as database:
        sys.stdout.write("ready\n")  # in one piece, buffered or not
        sys.stdout.flush()
        await trio.to_thread.run_sync(sys.stdin.readline)
        numbers = [[*map(int, each.split(","))] for each in rounds]
        found = [await tried(database, int(first), tenant, *each) for tenant, each in enumerate(numbers, 1)]
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    trio.run(main, sys.argv[1], sys.argv[2], *sys.argv[3:])
