-- Deposits: a row an appointment, as its payment stands.
create table payments (
    tenant_id      bigint      not null,
    id             bigint      not null,  -- the appointment's
    contact_id     bigint,
    status         text        not null,
    account        text        not null,
    session        text,
    payment_intent text,
    created_at     timestamptz not null,
    data           json        not null,
    updated_at     timestamptz not null,
    primary key (tenant_id, id)
);
create index payments_latest on payments (tenant_id, created_at desc, id desc);
create index payments_session on payments (account, session) where session is not null;
create index payments_intent on payments (account, payment_intent) where payment_intent is not null;
