-- The role that the running program works as: it may sign in, and owns nothing.
do $$
begin
    if not exists (select from pg_roles where rolname = 'huifa_program') then
        create role huifa_program login;
    end if;
exception
    -- Another database of the same server was quicker.
    when duplicate_object or unique_violation then null;
end $$;
