-- What the running program may do: read and write rows, never the schema; and rows that are
-- only ever added, only add. Run after every migration by the role that owns the schema.

revoke create on schema public from public;
revoke create on schema public from huifa_program;
grant usage on schema public to huifa_program;
revoke delete, truncate on all tables in schema public from huifa_program;
grant select, insert, update on all tables in schema public to huifa_program;
-- What the program takes away again: sign-ins and what belongs to them, drafts, what was kept
-- long enough, and what is reckoned or drawn up anew. From no other table can it take a row.
grant delete on
    case_access, consultation_drafts, data_corrections, failing_addresses, former_passwords,
    known_devices, once_keys, passkey_challenges, passkeys, person_venues, recovery_codes,
    second_factors, sessions, settlement_adjustments, settlement_items, settlement_lines, shifts,
    sign_in_steps
    to huifa_program;
grant usage, select on all sequences in schema public to huifa_program;

do $$
declare
    name text;
begin
    -- A table whose rows are guarded against change is one whose rows are only added.
    for name in
        select distinct c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid
        where not t.tgisinternal and t.tgname like '%\_append\_only' and c.relnamespace = 'public'::regnamespace
    loop
        execute format('revoke update, delete, truncate on %I from huifa_program', name);
    end loop;
    if to_regclass('public._sqlx_migrations') is not null then
        revoke insert, update, delete on _sqlx_migrations from huifa_program;
    end if;
end $$;
