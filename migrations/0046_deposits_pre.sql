-- What is owed for an appointment, as it was when it was booked, and until when a customer's time is held for it.

alter table appointments
    add column deposit_cents bigint not null default 0,
    add column currency text,
    add column pays_until timestamptz;
