-- How often was guessed at an account, by all nodes together. Nobody misses it: after a crash it begins anew.
create unlogged table guesses (
    subject bytea         not null primary key,  -- a hash of the account, and of what is counted
    used    timestamptz[] not null,              -- the oldest first
    at      timestamptz   not null               -- the last one, or the last that was refused
);
create index guesses_at on guesses (at);
