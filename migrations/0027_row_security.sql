-- The second wall: whatever a query forgets, the program sees only rows of whoever asks. The
-- pool sets huifa.wall on every connection it lends: "<kind> <bureau> <venue> <person> <account>",
-- "-" for what does not limit. Kinds: actor, public (who is not signed in), everything (jobs and
-- commands). Unset, nothing is seen. The owner of the schema is not bound by it.

create function wall_part(place integer) returns text language sql stable as $$
    select nullif(nullif(split_part(current_setting('huifa.wall', true), ' ', place), ''), '-')
$$;
create function wall_kind() returns text language sql stable as $$ select wall_part(1) $$;
create function wall_bureau() returns bigint language sql stable as $$ select wall_part(2)::bigint $$;
create function wall_venue() returns bigint language sql stable as $$ select wall_part(3)::bigint $$;
create function wall_person() returns bigint language sql stable as $$ select wall_part(4)::bigint $$;
create function wall_account() returns bigint language sql stable as $$ select wall_part(5)::bigint $$;

-- The duty bank: of the bureau; to the public only who is on a published roster.
alter table persons enable row level security;
create policy persons_of_bureau on persons
    using ((select wall_kind()) = 'everything' or bureau_id = (select wall_bureau()))
    with check ((select wall_kind()) = 'everything' or bureau_id = (select wall_bureau()));
create policy persons_posted on persons for select
    using ((select wall_kind()) = 'public' and exists (
        select from shifts s join rosters r on r.id = s.roster_id
        where s.person_id = persons.id and r.status = 'published'));

-- Records of consultations: of the bureau, and those marked as confidential only within the
-- venue or of the duty person whom the account is bound to.
alter table consultations enable row level security;
create policy consultations_of_bureau on consultations
    using ((select wall_kind()) = 'everything' or (bureau_id = (select wall_bureau())
        and (not sensitive or ((select wall_venue()) is null or venue_id = (select wall_venue()))
            and ((select wall_person()) is null or person_id = (select wall_person())))))
    with check ((select wall_kind()) = 'everything' or bureau_id = (select wall_bureau()));

-- A draft is nobody's but its writer's.
alter table consultation_drafts enable row level security;
create policy consultation_drafts_of_writer on consultation_drafts
    using ((select wall_kind()) = 'everything' or account_id = (select wall_account()))
    with check ((select wall_kind()) = 'everything' or account_id = (select wall_account()));

-- What somebody is paid: of the bureau, and to a duty person only their own.
alter table settlement_items enable row level security;
create policy settlement_items_of_bureau on settlement_items
    using ((select wall_kind()) = 'everything' or (bureau_id = (select wall_bureau())
        and ((select wall_person()) is null or person_id = (select wall_person()))))
    with check ((select wall_kind()) = 'everything' or bureau_id = (select wall_bureau()));

-- The register of cases.
alter table cases enable row level security;
create policy cases_of_bureau on cases
    using ((select wall_kind()) = 'everything' or bureau_id = (select wall_bureau()))
    with check ((select wall_kind()) = 'everything' or bureau_id = (select wall_bureau()));
