-- concurrently
-- The contacts who want no broadcasts are few. An index that was cut off is there and invalid: it is made anew.
select;

drop index concurrently if exists contacts_opted_out;

create index concurrently contacts_opted_out on contacts (tenant_id, id) where opted_out_at is not null;
