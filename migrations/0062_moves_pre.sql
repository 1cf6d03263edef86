-- What is moved some thousand rows at a time: a merge's messages, to the conversation that took them over.

alter table sweeps add column target bigint;  -- null: the rows go
