-- A session ends: those from before do so as late as ones that are made now. What has shown a second factor says when.
alter table tokens add column proven_at timestamptz;
update tokens set expires_at = now() + interval '90 days' where name = 'panel' and expires_at is null and revoked_at is null;
