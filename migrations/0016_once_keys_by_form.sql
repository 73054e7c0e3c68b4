-- A once-key counts for one form of one account: two buttons of a page may carry the
-- same key, and nobody can use up another's.

alter table once_keys
    -- A digest of the address that the form was posted to.
    add column form bigint not null default 0,
    drop constraint once_keys_pkey,
    add constraint once_keys_pkey primary key (key, account_id, form);

-- Old keys are swept: a form is not sent again after days.
create index once_keys_by_age on once_keys (used_at);
