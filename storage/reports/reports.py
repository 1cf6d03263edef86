"""Figures by day and by member, in the workspace's own days: of the reports, the dashboard and the digest alike.

`day` is the local date; a span is [from, to) in local days, at most `LONGEST`. Times are in seconds. What was resolved
is counted by resolution (`resolutions`), whether it was opened again later or not. What is erased counts no more.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from plixa.actors.conversation.events import HANDED_OVER_BY_FLOW, LEFT_BY_AI
from plixa.storage.conversation.sight import Sight, within
from plixa.storage.flows.steps import STEP, STEPPED

LONGEST = 366

DAYS = """
with days as (
  select d::date as day, (d at time zone $2) as begins, ((d + interval '1 day') at time zone $2) as ends
  from generate_series($3::date::timestamp, $4::date::timestamp, interval '1 day') d
)
"""

_VOLUME = f"""{DAYS}
select days.day, coalesce(m.inbound, 0) as inbound, coalesce(m.outbound, 0) as outbound,
       coalesce(m.notes, 0) as notes, coalesce(m.by_ai, 0) as by_ai, coalesce(m.by_flow, 0) as by_flow,
       coalesce(c.opened, 0) as opened, coalesce(r.resolved, 0) as resolved,
       coalesce(r.by_members, 0) as resolved_by_members, coalesce(r.by_integrations, 0) as resolved_by_integrations,
       coalesce(r.by_flows, 0) as resolved_by_flows, coalesce(r.by_ai, 0) as resolved_by_ai,
       coalesce(r.by_silence, 0) as resolved_by_silence, coalesce(o.reopened, 0) as reopened
from days
left join lateral (
  select count(*) filter (where direction = 'inbound') as inbound,
         count(*) filter (where direction = 'outbound' and type <> 'note') as outbound,
         count(*) filter (where type = 'note') as notes,
         count(*) filter (where author->>'kind' = 'ai') as by_ai,
         count(*) filter (where author->>'kind' = 'flow') as by_flow
  from messages m where m.tenant_id = $1 and m.created_at >= days.begins and m.created_at < days.ends
    and %(of_theirs)s) m on true
left join lateral (
  select count(*) as opened from conversations c
  where c.tenant_id = $1 and c.created_at >= days.begins and c.created_at < days.ends and %(theirs)s) c on true
left join lateral (
  select count(*) as resolved, count(*) filter (where ended_by = 'user') as by_members,
         count(*) filter (where ended_by = 'api') as by_integrations,
         count(*) filter (where ended_by = 'flow') as by_flows, count(*) filter (where ended_by = 'ai') as by_ai,
         count(*) filter (where ended_by = 'timer') as by_silence
  from resolutions m where m.tenant_id = $1 and m.resolved_at >= days.begins and m.resolved_at < days.ends
    and %(of_theirs)s) r on true
left join lateral (
  select count(*) as reopened from resolutions m
  where m.tenant_id = $1 and m.reopened_at >= days.begins and m.reopened_at < days.ends and %(of_theirs)s) o on true
order by days.day
"""
OF_THEIRS = "exists (select from conversations c where c.tenant_id = m.tenant_id and c.id = m.conversation_id and {})"
VOLUME = _VOLUME % {"theirs": "true", "of_theirs": "true"}

SLA = f"""{DAYS}
select days.day, kind, coalesce(s.met, 0) as met, coalesce(s.breached, 0) as breached,
       coalesce(b.breaches, 0) as breaches, s.median_seconds, s.target_seconds
from days cross join (values ('first_response'), ('resolution')) k(kind)
left join lateral (
  select count(*) filter (where met_at is not null and breached_at is null) as met,
         count(*) filter (where breached_at is not null) as breached,
         percentile_cont(0.5) within group (order by extract(epoch from met_at - started_at)) as median_seconds,
         max(target_seconds) as target_seconds
  from sla_clocks where tenant_id = $1 and sla_clocks.kind = k.kind
    and started_at >= days.begins and started_at < days.ends) s on true
left join lateral (
  select count(*) as breaches from sla_clocks where tenant_id = $1 and sla_clocks.kind = k.kind
    and breached_at >= days.begins and breached_at < days.ends) b on true
order by days.day, kind
"""

AGENTS = f"""{DAYS}
, span as (select min(begins) as begins, max(ends) as ends from days)
select mb.user_id, mb.name, coalesce(c.n, 0) as open_now, coalesce(r.n, 0) as resolved,
       coalesce(m.n, 0) as messages, v.average as average_rating
from members mb
left join (select assigned_user_id as user_id, count(*) as n from conversations
           where tenant_id = $1 and assigned_user_id is not null and status <> 'resolved' group by 1) c using (user_id)
left join (select user_id, count(*) as n from resolutions, span
           where tenant_id = $1 and ended_by = 'user' and resolved_at >= begins and resolved_at < ends
           group by 1) r using (user_id)
left join (select (author->>'id')::bigint as user_id, count(*) as n from messages, span
           where tenant_id = $1 and author->>'kind' = 'user' and type <> 'note'
             and created_at >= begins and created_at < ends group by 1) m using (user_id)
left join (select user_id, avg(rating)::float8 as average from csat_ratings, span
           where tenant_id = $1 and rated_at >= begins and rated_at < ends group by 1) v using (user_id)
where mb.tenant_id = $1 and not mb.removed order by mb.user_id
"""

CSAT = f"""{DAYS}
select days.day, count(r.rating) as ratings, avg(r.rating)::float8 as average,
       count(*) filter (where r.rating = 1) as ones, count(*) filter (where r.rating = 2) as twos,
       count(*) filter (where r.rating = 3) as threes, count(*) filter (where r.rating = 4) as fours,
       count(*) filter (where r.rating = 5) as fives
from days left join csat_ratings r
  on r.tenant_id = $1 and r.rated_at >= days.begins and r.rated_at < days.ends
group by days.day order by days.day
"""

FLOWS = f"""{DAYS}
, span as (select min(begins) as begins, max(ends) as ends from days)
, steps as (
  select (step->>'flow_id')::bigint as flow_id, count(distinct stream) as conversations,
         count(*) filter (where step->>'ended' = 'handed_over') as handed_over,
         count(*) filter (where step->>'ended' = 'done') as done,
         count(*) filter (where step->>'ended' = 'human') as taken_over,
         count(*) filter (where step->>'fitted' = 'false') as misunderstood
  from (select stream, {STEP} as step from events, span
        where tenant_id = $1 and {STEPPED} and at >= begins and at < ends) s group by 1
), ends as (
  select flow_id, count(*) as resolved from resolutions, span
  where tenant_id = $1 and ended_by = 'flow' and flow_id is not null and resolved_at >= begins and resolved_at < ends
  group by 1
)
select flow_id, coalesce(conversations, 0) as conversations, coalesce(handed_over, 0) as handed_over,
       coalesce(resolved, 0) as resolved, coalesce(done, 0) as done, coalesce(taken_over, 0) as taken_over,
       coalesce(misunderstood, 0) as misunderstood
from steps full join ends using (flow_id) order by flow_id
"""

AI = f"""{DAYS}
select days.day, coalesce(a.answered, 0) as answered, coalesce(a.handed_off, 0) as handed_off,
       coalesce(a.cancelled, 0) as cancelled, coalesce(a.cost_micros, 0)::bigint as cost_micros
from days left join lateral (
  select count(*) filter (where type = 'ai.answered') as answered,
         count(*) filter (where type = 'ai.handed_off') as handed_off,
         count(*) filter (where type = 'ai.cancelled') as cancelled,
         sum(coalesce((data->>'cost_micros')::bigint, 0)) as cost_micros
  from events where tenant_id = $1 and type in ('ai.answered', 'ai.handed_off', 'ai.cancelled')
    and at >= days.begins and at < days.ends) a on true
order by days.day
"""

HANDOFFS = f"""{DAYS}
select days.day, coalesce(h.by, '') as by, coalesce(h.reason, '') as reason, coalesce(h.n, 0) as conversations
from days left join lateral (
  select case when type = 'ai.handed_off' then 'ai' when {STEPPED} then 'flow' else 'business' end as by,
         coalesce(data->>'reason', case when {STEPPED} then 'flow ' || ({STEP}->>'flow_id')
                  else regexp_replace(data->>'why', ':.*$', '') end) as reason,
         count(distinct stream) as n
  from events where tenant_id = $1 and at >= days.begins and at < days.ends
    and (type = 'ai.handed_off' or {STEPPED} and {STEP}->>'ended' = 'handed_over'
         or type = 'conversation.handed_over' and data->>'why' not in ('{LEFT_BY_AI}', '{HANDED_OVER_BY_FLOW}'))
  group by 1, 2) h on h.n > 0
where h.n > 0
order by days.day, h.n desc, 2, 3
"""

REPORTS = {"handoffs": HANDOFFS, "volume": VOLUME, "sla": SLA, "agents": AGENTS, "csat": CSAT, "flows": FLOWS, "ai": AI}


async def report(
    connection: Any, tenant: int, name: str, timezone: str, first: date, last: date
) -> list[dict[str, Any]]:
    """A report's rows, from the first local day to the last, both included."""
    return [dict(row) for row in await connection.fetch(REPORTS[name], tenant, timezone, first, last)]


async def volume(
    connection: Any, tenant: int, timezone: str, first: date, last: date, sight: Sight | None
) -> list[dict[str, Any]]:
    """The report of that name, of the conversations that somebody may see."""
    args: list[Any] = [tenant, timezone, first, last]
    theirs = within(sight, args, "c.assigned_user_id")
    query = VOLUME if sight is None else _VOLUME % {"theirs": theirs, "of_theirs": OF_THEIRS.format(theirs)}
    return [dict(row) for row in await connection.fetch(query, *args)]


# Of what is open there is only so much at a time, however many conversations there have been.
NOW = """
select count(*) as open,
       count(*) filter (where assigned_user_id is null) as unassigned,
       count(*) filter (where assigned_user_id = $2) as mine,
       (select count(*) from conversations where tenant_id = $1 and unread_count > 0 and {0}) as unread,
       (select count(*) from conversations where tenant_id = $1 and snoozed_until is not null and {0}) as snoozed,
       count(*) filter (where sla->'first_response'->>'breached_at' is not null
                          and sla->'first_response'->>'met_at' is null) as waiting_too_long,
       count(*) filter (where mode = 'ai') as by_ai, count(*) filter (where mode = 'flow') as by_flow
from conversations where tenant_id = $1 and status <> 'resolved' and {0}
"""


async def standing(connection: Any, tenant: int, me: int, sight: Sight | None) -> dict[str, Any]:
    """How the inbox stands at this moment, as far as a member may see."""
    args: list[Any] = [tenant, me]
    return dict(await connection.fetchrow(NOW.format(within(sight, args)), *args))
