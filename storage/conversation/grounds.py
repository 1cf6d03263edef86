"""What an answer of the AI rested on, in the words that it had then: read from the log, which keeps all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Grounds = Mapping[tuple[int, int], dict[str, Any]]
"""By the position of the answer and the FAQ's id."""
THEN = """
select u.position, u.id, e.at, e.data from unnest($2::bigint[], $3::bigint[]) as u(position, id)
cross join lateral (
  select at, data from events e where e.tenant_id = $1 and e.stream = $4 and e.position < u.position
    and e.type in ('setting.created', 'setting.changed') and e.data->>'collection' = 'faqs'
    and (e.data->>'item_id')::bigint = u.id
  order by e.position desc limit 1) e
"""


async def faqs_as_they_were(connection: Any, tenant: int, wanted: Sequence[tuple[int, ...]]) -> Grounds:
    """FAQs at positions of the log. wanted: a position, and the ids of the FAQs there."""
    pairs = [(position, id_) for position, *ids in wanted for id_ in ids]
    if not pairs:
        return {}
    rows = await connection.fetch(
        THEN, tenant, [position for position, _ in pairs], [id_ for _, id_ in pairs], f"workspace-{tenant}"
    )
    return {
        (row["position"], row["id"]): {
            "faq_id": row["id"],
            "question": row["data"]["values"].get("question"),
            "answer": row["data"]["values"].get("answer"),
            "since": row["at"],
        }
        for row in rows
    }
