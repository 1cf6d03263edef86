"""The inbox's list finds what it should, whichever way it goes: through the latest, by look-up, through all."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plixa.actors.contacts.names import folded
from plixa.storage.conversation import inbox, statements as sql
from plixa.storage.conversation.inbox import InboxFilter, list_conversations
from plixa.storage.conversation.sight import Sight
from plixa.storage.postgres.bridge import open_database

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TENANT, NEIGHBOUR, SIZE = 1, 11, 120
NAMES = ["Ana Souza", "José d'Ávila", "ANA Lima", "Bruno Ana", None, "Zoë Anders", "100% %_ ok"]
Shown = dict[str, Any]


def _some(chance: random.Random, tenant: int) -> list[Shown]:
    """Conversations of all sorts; what is pending and what has label 9 is old and rare."""
    found: list[Shown] = []
    for n in range(1, SIZE + 1):
        old = n > SIZE - 4
        found.append(
            {
                "tenant_id": tenant,
                "id": n,
                "contact_id": n,
                "number_id": chance.choice([3, 4]),
                "phone": None if n % 11 == 0 else f"5511{chance.randrange(10**9):09}",
                "name": chance.choice(NAMES),
                "status": "pending" if old else chance.choice(["open", "resolved"]),
                "mode": chance.choice(["idle", "human", "ai", "flow"]),
                "assigned_user_id": chance.choice([None, 7, 8, 77]),
                "sector_id": chance.choice([None, 5, 6]),
                "labels": [9] if old else chance.choice([[], [1], [1, 2]]),
                "unread_count": chance.choice([0, 0, 2]),
                "last_activity_at": NOW - timedelta(minutes=n // 2),
                "snoozed_until": chance.choice([None, None, NOW]),
            }
        )
    return found


async def _keep(connection: Any, rows: list[Shown]) -> None:
    for row in rows:
        labels = "{" + ",".join(map(str, row["labels"])) + "}"
        values = {**row, "labels": labels, "created_at": NOW, "updated_at": NOW}
        empty = dict.fromkeys(
            ("last_message_id", "notes", "sla", "resolved_at", "waiting_since", "csat", "broadcast_id")
        )
        facets = {**values, "conversation_id": row["id"], "folded": folded(row["name"])}
        for statement, given in ((sql.CONVERSATION, {**values, **empty}), (sql.FACETS, facets)):
            names = statement.sql.partition("(")[2].partition(")")[0].split(", ")
            await connection.execute(statement.sql, *([given[name]] for name in names))


def _matches(row: Shown, chosen: InboxFilter) -> bool:
    pairs = {
        "status": chosen.status,
        "mode": chosen.mode,
        "sector_id": chosen.sector,
        "number_id": chosen.phone_instance,
    }
    mine = chosen.sight is None or row["assigned_user_id"] not in (8,)
    return (
        all(value is None or row[name] == value for name, value in pairs.items())
        and (chosen.assignee is None or row["assigned_user_id"] == (chosen.assignee or None))
        and (chosen.label is None or chosen.label in row["labels"])
        and (chosen.snoozed is None or (row["snoozed_until"] is not None) == chosen.snoozed)
        and (chosen.unread is None or (row["unread_count"] > 0) == chosen.unread)
        and (not chosen.q or _named(row, chosen.q))
        and mine
    )


def _named(row: Shown, q: str) -> bool:
    words, digits = folded(q).split(), row["phone"] or ""
    names = folded(row["name"]).split()
    return bool(words) and all(
        any(name.startswith(word) for name in names) or (word.isdigit() and word in digits) for word in words
    )


def _chosen(chance: random.Random, rows: list[Shown]) -> InboxFilter:
    def maybe(*values: Any) -> Any:
        return chance.choice(values) if chance.random() < 0.3 else None

    number = next(row["phone"] for row in rows if row["phone"])
    return InboxFilter(
        status=maybe("open", "pending", "resolved"),
        mode=maybe("human", "ai", "flow", "idle"),
        assignee=maybe(0, 7, 8),
        label=maybe(1, 2, 9, 1000),
        sector=maybe(5, 6),
        phone_instance=maybe(3, 4),
        snoozed=maybe(True, False),
        unread=maybe(True, False),
        q=maybe("ana", "AN", "jose d avila", "ávi", "%", "", number[-6:], number, "zoe 55"),
        sight=maybe(Sight(7, (7, 8))),
    )


@pytest.mark.parametrize("few", [0, 7, 2000])
async def test_a_list_holds_what_was_chosen_page_by_page(
    database_url: str, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "FEW", few)
    chance = random.Random(few)
    rows = _some(chance, TENANT)
    async with open_database(database_url, size=1) as database:
        for tenant in (rows, _some(chance, NEIGHBOUR)):
            await database.run(_keep, tenant)
        for _ in range(60):
            chosen = _chosen(chance, rows)
            wanted = [row["id"] for row in rows if _matches(row, chosen)]
            in_order = sorted(wanted, key=lambda id_: (rows[id_ - 1]["last_activity_at"], id_), reverse=True)
            found: list[int] = []
            before = None
            while True:
                page, _, before = await database.run(list_conversations, TENANT, chosen, before, 10)
                found += [each["id"] for each in page]
                if before is None:
                    break
            if chosen == InboxFilter(snoozed=chosen.snoozed, unread=chosen.unread, sight=chosen.sight):  # see `_tokens`
                found, in_order = (
                    [id_ for id_ in ids if rows[id_ - 1]["assigned_user_id"] != 77] for ids in (found, in_order)
                )
            assert found == in_order, chosen
