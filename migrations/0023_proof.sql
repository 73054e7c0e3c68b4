-- When the person behind a session last proved who they are: at sign-in, and again
-- before money or rights are moved.

alter table sessions add column proved_at timestamptz;
update sessions set proved_at = created_at;
alter table sessions alter column proved_at set not null;
