-- What the running program may do: read and write rows, never the schema; and rows that are
-- only ever added, only add. Run after every migration by the role that owns the schema.

revoke create on schema public from public;
revoke create on schema public from huifa_program;
grant usage on schema public to huifa_program;
grant select, insert, update, delete on all tables in schema public to huifa_program;
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
