"""When linked members have something else, as it was last known. Instants are minutes since 1970 in UTC."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

Span = tuple[int, int]
Busy = dict[int, tuple[Span, ...]]


async def busy_of(connection: Any, tenant: int, first: int, last: int) -> Busy:
    """What overlaps [first, last), by member, in order; who is not linked is not in it."""
    rows = await connection.fetch(
        "select user_id, first_minute, last_minute from calendar_busy "
        "where tenant_id = $1 and first_minute < $3 and last_minute > $2 order by user_id, first_minute",
        tenant,
        first,
        last,
    )
    found = dict[int, list[Span]]()
    for row in rows:
        found.setdefault(row["user_id"], []).append((row["first_minute"], row["last_minute"]))
    return {user_id: joined(spans) for user_id, spans in found.items()}


def joined(spans: Collection[Span]) -> tuple[Span, ...]:
    """The same time, in order, in as few spans as it takes."""
    found = list[Span]()
    for first, last in sorted(spans):
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


async def replace_busy(
    connection: Any, tenant: int, user_id: int, within: Span, spans: Collection[Span], at: datetime | None
) -> None:
    """Within these bounds the member has these, and nothing else. at: the whole picture is of then; None: of a part."""
    async with connection.transaction():
        gone = await connection.fetch(
            "delete from calendar_busy where tenant_id = $1 and user_id = $2 and first_minute < $4 "
            "and last_minute > $3 returning first_minute, last_minute",
            tenant,
            user_id,
            *within,
        )
        beside = without([(row["first_minute"], row["last_minute"]) for row in gone], [within])
        if at is not None:  # what has passed is nobody's business any more
            beside = [each for each in beside if each[0] > within[0]]
            await connection.execute(
                "delete from calendar_busy where tenant_id = $1 and user_id = $2 and last_minute <= $3",
                tenant,
                user_id,
                within[0],
            )
            await connection.execute(
                "update calendar_links set busy_at = $3 where tenant_id = $1 and user_id = $2", tenant, user_id, at
            )
        await connection.executemany(
            "insert into calendar_busy values ($1, $2, $3, $4) on conflict do nothing",
            [(tenant, user_id, *each) for each in joined([*beside, *spans])],
        )


def without(spans: Iterable[Span], own: Iterable[Span]) -> list[Span]:
    """Spans less others; both in any order, the result is in order."""
    left = [*spans]
    for first, last in own:
        left = [piece for span in left for piece in _less(span, first, last)]
    return sorted(left)


def _less(span: Span, first: int, last: int) -> Iterable[Span]:
    if span[0] < min(first, span[1]):
        yield span[0], min(first, span[1])
    if max(last, span[0]) < span[1]:
        yield max(last, span[0]), span[1]


async def known_at(connection: Any, tenant: int, users: Collection[int]) -> dict[int, datetime | None]:
    """Who of these is linked, and as of when it is known what they have."""
    rows = await connection.fetch(
        "select user_id, max(busy_at) as at from calendar_links where tenant_id = $1 and user_id = any($2) group by 1",
        tenant,
        list(users),
    )
    return {row["user_id"]: row["at"] for row in rows}
