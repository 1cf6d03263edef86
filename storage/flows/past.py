"""What customers wrote in past conversations, and what a flow made of it then: to hold a draft against it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import msgspec
from msgspec.structs import replace

from plixa.actors.flows.check_past import Past, PastMessage, Was
from plixa.actors.flows.menus import tap_of
from plixa.actors.flows.simulate import Ending
from plixa.storage.flows.steps import STEP, STEPPED

ENDINGS: dict[str | None, Ending | None] = {"handed_over": "handed_off", "resolved": "resolved", "done": "ended"}


async def past_conversations(
    connection: Any,
    tenant: int,
    flow_id: int,
    limit: int,
    *,
    most_messages: int = 50,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Past]:
    """The latest conversations, of all or of those that began in [since, until), each with
    the customer's first messages and the path of the flow that was in it."""
    rows = await connection.fetch(
        "select m.conversation_id, m.body, m.created_at, m.extra->>'choice' as choice from "
        "(select id from conversations where tenant_id = $1 and ($4::timestamptz is null or created_at >= $4) "
        " and ($5::timestamptz is null or created_at < $5) order by last_activity_at desc, id desc limit $2) c "
        "cross join lateral (select * from messages where tenant_id = $1 and conversation_id = c.id "
        "  and direction = 'inbound' order by id limit $3) m order by m.conversation_id, m.id",
        tenant,
        limit,
        most_messages,
        since,
        until,
    )
    said: dict[int, list[PastMessage]] = {}
    for row in rows:
        if _is_for_the_agenda(row["choice"]):
            continue
        message = _tapped(PastMessage(row["body"] or "", row["created_at"]), row["choice"], flow_id)
        said.setdefault(row["conversation_id"], []).append(message)
    was = await _was(connection, tenant, flow_id, list(said))
    return [Past(id_, tuple(messages), was.get(id_)) for id_, messages in said.items()]


def _is_for_the_agenda(choice: str | None) -> bool:
    """An option of no flow's: no flow has heard it."""
    tap = tap_of(choice)
    return tap is not None and tap.flow_id == 0


def _tapped(message: PastMessage, choice: str | None, flow_id: int) -> PastMessage:
    """With the option that was tapped, if one of ours was, and with the menu that it was of."""
    tap = tap_of(choice)
    if tap is None:
        return message
    return replace(message, choice_id=tap.option_id, menu=tap.node_id if tap.flow_id == flow_id else "")


async def _was(connection: Any, tenant: int, flow_id: int, ids: list[int]) -> dict[int, Was]:
    """The nodes that each conversation's first run of this flow visited, and how it ended."""
    rows = await connection.fetch(
        f"select stream, {STEP} as data from events where tenant_id = $1 and stream = any($2::text[]) and {STEPPED} "
        "order by stream, revision",
        tenant,
        [f"conversation-{id_}" for id_ in ids],
    )
    paths: dict[int, tuple[tuple[str, ...], str | None]] = {}
    for row in rows:
        id_ = int(row["stream"].rpartition("-")[2])
        data: dict[str, Any] = row["data"] if isinstance(row["data"], dict) else msgspec.json.decode(row["data"])
        path, ended = paths.get(id_, ((), None))
        if data["flow_id"] == flow_id and ended is None:
            paths[id_] = ((*path, *cast("list[str]", data.get("path", []))), data.get("ended"))
    return {id_: Was(path, ENDINGS.get(ended)) for id_, (path, ended) in paths.items()}
