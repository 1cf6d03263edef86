-- With which keys that follow from PLIXA_SECRET_KEY something in here may be sealed: one, and two while `plixa rekey` is
-- at work or was cut off. A server that lacks one of them does not start.
create table application_keys (
    id    bytea       not null primary key, -- what the key makes of a constant: known again, and nothing follows from it
    since timestamptz not null
);
