-- concurrently
-- What does no harm when done twice is booked in its row: why it is tried again, or was given up.
alter table outbox add column if not exists reason text;

-- Which of its commit's effects it is: ids do not tell the order ("send-10" < "send-9").
alter table outbox add column if not exists place smallint not null default 0;

create index concurrently if not exists outbox_failed on outbox (settled_at)
    where state = 'failed' and reason is not null;
