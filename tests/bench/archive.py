"""Fills a workspace's tables as years of customers leave them, for part (g): what is read is asked of the tables alone,
so nothing of it need be in the log but what reports count there: the steps of flows and the answers of the AI.

Whatever the size, the latest thousand conversations are of the last seven days, and the latest three hundred of them
open: a house that has been in business for longer is not a busier one. What is older lies evenly over two years.
"""

from __future__ import annotations

import asyncio
from typing import Any

from msgspec import Struct

from plixa.storage.postgres.bridge import connect

FIRST = """
    ana bruno carla davi elisa fabio gabriela heitor irene joao karina lucas maria nelson olivia paulo quiteria rafael
    sofia tiago ursula vitor wagner xenia yara zeca aline bento cecilia diego
"""
LAST = """
    almeida barbosa cardoso dias esteves ferreira gomes henriques iglesias jardim klein lima machado nogueira oliveira
    pereira queiroz ribeiro santos teixeira uchoa vieira werner xavier yamada zanetti araujo brito castro duarte
    evangelista fonseca garcia hora izidoro jesus kruger lopes moraes neves
"""
SAID = "bolo entrega pedido preco horario brigadeiro pix endereco amanha obrigado retirada chocolate"
FIRST_NAMES, LAST_NAMES, WORDS = FIRST.split(), LAST.split(), SAID.split()
CONTACTS_FROM, CONVERSATIONS_FROM = 1_000_000, 2_000_000

# $1 tenant, $2 how many, $3 first names, $4 last names. A contact's number is 55119 and its own, of eight digits.
CONTACTS = """
insert into contacts (tenant_id, id, phone, name, folded, created_at, updated_at)
select $1, 1000000 + n, '55119' || lpad(n::text, 8, '0'), initcap(name), name, at, at from (
  select n, ($3::text[])[1 + (hashint4(n) & 65535) % cardinality($3::text[])] || ' ' ||
         ($4::text[])[1 + (hashint4(n + 7) & 65535) % cardinality($4::text[])] as name,
         now() - n * interval '10 minutes' as at
  from generate_series(1, $2::int) n) c
"""
# $3 number, $4 owner, $5 labels: one in ten and one in a thousand, $6 sectors.
CONVERSATIONS = """
insert into conversations (tenant_id, id, contact_id, number_id, phone, name, status, mode, assigned_user_id, sector_id,
  labels, unread_count, last_message_id, last_activity_at, snoozed_until, created_at, updated_at, resolved_at,
  waiting_since, csat)
select $1, 2000000 + n, c.id, $3, c.phone, c.name, case when open then 'open' else 'resolved' end,
  case when open then (array['human', 'ai', 'flow'])[1 + n % 3] else 'idle' end,
  case when n % 3 > 0 then $4::bigint end, ($6::bigint[])[1 + n % cardinality($6::bigint[])],
  case when n % 1000 = 0 then $5::bigint[] when n % 10 = 0 then ($5::bigint[])[1:1] else '{}' end,
  (n <= 100)::int, 3000000 + 3 * n, at, case when n between 101 and 120 then now() + interval '1 day' end, at, at,
  case when not open then at end, case when open and n % 3 = 0 then at end, null
from (select n, n <= 300 as open, case when n <= 1000 then now() - n * interval '570 seconds'
      else now() - interval '7 days' - (n - 1000) * (interval '2 years' / greatest(1, $2::int - 1000)) end as at
      from generate_series(1, $2::int) n) v
join contacts c on c.tenant_id = $1 and c.id = 1000000 + n
"""
FACETS = """
insert into conversation_facets
select c.tenant_id, c.id, n.folded, c.phone, c.status, c.mode, c.assigned_user_id, c.sector_id, c.number_id, c.labels
from conversations c join contacts n on n.tenant_id = c.tenant_id and n.id = c.contact_id
where c.tenant_id = $1
"""
# $3 words.
MESSAGES = """
insert into messages (tenant_id, id, conversation_id, number_id, key_id, direction, type, body, author, status,
  created_at)
select $1, 3000000 + 3 * n - 2 + m, 2000000 + n, c.number_id, 'A' || n || '.' || m,
  case when m = 1 then 'outbound' else 'inbound' end, 'text',
  ($3::text[])[1 + (hashint4(n) & 65535) % cardinality($3::text[])] || ' ' ||
  ($3::text[])[1 + (hashint4(n + m) & 65535) % cardinality($3::text[])] || ' ' || n,
  case when m = 1 then json_build_object('kind', 'user', 'id', c.assigned_user_id) else '{"kind": "contact"}' end,
  'delivered', c.last_activity_at - (2 - m) * interval '30 seconds'
from generate_series(1, $2::int) n cross join generate_series(0, 2) m
join conversations c on c.tenant_id = $1 and c.id = 2000000 + n
"""
# Every conversation was promised two things, and has ended once, one in eight was opened again, one in five rated.
CLOCKS = """
insert into sla_clocks (tenant_id, conversation_id, kind, started_at, target_seconds, due_at, breached_at, met_at)
select c.tenant_id, c.id, kind, c.created_at, 600, c.created_at + interval '10 minutes',
  case when c.id % 7 = 0 then c.created_at + interval '10 minutes' end, c.created_at + interval '9 minutes'
from conversations c cross join (values ('first_response'), ('resolution')) k(kind) where c.tenant_id = $1
"""
# $2 owner.
RESOLUTIONS = """
insert into resolutions (tenant_id, conversation_id, episode, resolved_at, ended_by, user_id, flow_id, reopened_at)
select c.tenant_id, c.id, 1, c.resolved_at, way, case when way = 'user' then $2::bigint end,
  case when way = 'flow' then 50 end, case when c.id % 8 = 0 then c.resolved_at + interval '1 hour' end
from conversations c, lateral (select (array['user', 'api', 'flow', 'ai', 'timer'])[1 + c.id % 5] as way) w
where c.tenant_id = $1 and c.resolved_at is not null
"""
RATINGS = """
insert into csat_ratings (tenant_id, conversation_id, episode, rating, user_id, rated_at)
select c.tenant_id, c.id, 1, 1 + c.id % 5, $2::bigint, c.resolved_at
from conversations c where c.tenant_id = $1 and c.id % 5 = 0 and c.resolved_at is not null
"""
AUTOMATION = """
insert into events (tenant_id, position, stream, revision, type, schema, at, actor, cause, key_id, data)
select c.tenant_id, h.position + 2 * (c.id - 2000000) - 1 + step, 'conversation-' || c.id, 1 + step,
  (array['flow.stepped', 'ai.answered'])[1 + step], 1, c.created_at, 'system', 'timer:answer', null,
  (array['{"flow_id":50,"version":1,"path":["bye"],"why":"","ended":"done"}',
         '{"turn_id":1,"message_id":1,"sources":[],"cost_micros":90}'])[1 + step]::json
from conversations c join heads h on h.tenant_id = c.tenant_id cross join generate_series(0, 1) step
where c.tenant_id = $1
"""
HEAD = """
update heads set last_id = 9000000, position = (select max(position) from events where tenant_id = $1)
where tenant_id = $1
"""


PATIENCE = 600.0


class House(Struct, frozen=True):
    """Whose tables, and the ids of theirs that the rows refer to. labels: one in ten and one in a thousand has them."""

    url: str
    tenant: int
    number: int
    owner: int
    labels: list[int]
    sectors: list[int]


async def _fill(house: House, size: int) -> None:
    connection: Any = await connect(house.url)
    ids = (house.number, house.owner, house.labels, house.sectors)
    try:
        for statement, more in ((CONTACTS, (FIRST_NAMES, LAST_NAMES)), (CONVERSATIONS, ids), (MESSAGES, (WORDS,))):
            await connection.execute(statement, house.tenant, size, *more, timeout=PATIENCE)
        for statement in (FACETS, CLOCKS, AUTOMATION, HEAD):
            await connection.execute(statement, house.tenant, timeout=PATIENCE)
        for statement in (RESOLUTIONS, RATINGS):
            await connection.execute(statement, house.tenant, house.owner, timeout=PATIENCE)
        await connection.execute("vacuum analyze", timeout=PATIENCE)
    finally:
        await connection.close()


def fill(house: House, size: int) -> None:
    """So many contacts, each with a conversation of three messages. The site must not be running."""
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # trio_asyncio has others in its place
        runner.run(_fill(house, size))


def phone(n: int) -> str:
    """The number of the nth contact."""
    return f"55119{n:08}"
