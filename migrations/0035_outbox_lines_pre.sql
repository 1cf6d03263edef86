-- concurrently
-- The oldest open effects of each pace of a tenant (storage/eventlog/outbox.py), however many there are; in the place of
-- outbox_open, which begins with the tenant, too. One that was cut off is there and invalid: it is made anew.
drop index concurrently if exists outbox_lines;

create index concurrently outbox_lines on outbox (tenant_id, pace, position, place, effect_id)
    where state in ('queued', 'attempting', 'unknown');

drop index concurrently if exists outbox_open;
