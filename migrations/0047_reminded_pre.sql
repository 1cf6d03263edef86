-- When an appointment's customer was first reminded of it: what reminders do is counted by it. Of those before this, the
-- read model learns it when it is built anew.

alter table appointments add column reminded_at timestamptz;
