-- A36: a void case keeps its number in the register, which is never given again. Where no later case has been approved for
-- payment or paid, its place is free: the later ones count one less towards the target. Decided once, with the void;
-- nothing is sorted again after a payment.
alter table case_voids add column frees_place boolean not null default false;
alter table case_voids add constraint case_voids_frees check (not frees_place or agreed is true);
create index case_voids_freed on case_voids (bureau_id) where frees_place;

create or replace function case_void_is_kept() returns trigger language plpgsql as $$
declare
    steps text[] := array['decided_by', 'decided_at', 'agreed', 'decision_note', 'frees_place'];
begin
    if tg_op = 'UPDATE' and old.decided_by is null and (to_jsonb(new) - steps) = (to_jsonb(old) - steps) then
        return new;
    end if;
    raise exception 'a void is kept as it was decided'
        using errcode = 'restrict_violation', constraint = 'case_voids_kept', table = 'case_voids';
end $$;

-- Which case of its year it is towards the target: its number less those before it that freed their places.
create function case_position(of_bureau bigint, of_year integer, of_place integer) returns integer language sql stable as $$
    select of_place - (select count(*) from case_voids v join cases k on k.id = v.case_id
                       where v.bureau_id = of_bureau and v.frees_place and k.counted_year = of_year and k.place < of_place)::integer
$$;

create or replace function case_payout_is_allowed() returns trigger language plpgsql as $$
declare
    asked cases%rowtype;
    target integer;
begin
    select * into strict asked from cases where id = new.case_id for update;
    if asked.bureau_id <> new.bureau_id or asked.closing_agreed_on is null or asked.terminated_on is not null
        or asked.handler_category = 'agency_staff' then
        raise exception 'case % cannot be paid', new.case_id
            using errcode = 'check_violation', constraint = 'case_payouts_gate', table = 'case_payouts';
    end if;
    if exists (select from case_outside_payments where case_id = new.case_id and withdrawn_by is null) then
        raise exception 'case % was paid elsewhere', new.case_id
            using errcode = 'check_violation', constraint = 'case_payouts_paid_elsewhere', table = 'case_payouts';
    end if;
    if new.earmarked > 0 then
        select (content ->> 'case_target')::integer into target from programmes
            where bureau_id = new.bureau_id and year = asked.counted_year;
        if not asked.programme_case or asked.counted_on is null or asked.place is distinct from new.place
            or asked.counted_year is distinct from new.year
            or case_position(asked.bureau_id, asked.counted_year, asked.place) > coalesce(target, 0) then
            raise exception 'case % has no place within the target', new.case_id
                using errcode = 'check_violation', constraint = 'case_payouts_within_target', table = 'case_payouts';
        end if;
    end if;
    return new;
end $$;

-- What a case promises goes by its position too.
create or replace function fund_committed(bureau bigint, of_year integer)
returns table (document_kind text, document_id bigint, label text, earmarked numeric, operating numeric)
language sql stable as $$
    select 'roster', r.id, to_char(r.month, 'YYYY年FMMM月') || '排班',
           coalesce(sum(case s.venue_kind
               when 'service_centre' then (g.content ->> 'centre_rate')::numeric
               when 'station' then (g.content ->> 'station_rate')::numeric
               else coalesce((g.content ->> 'legal_aid_centre_rate')::numeric, 0) end), 0),
           0::numeric
    from rosters r
    join programmes g on g.bureau_id = r.bureau_id and g.year = extract(year from r.month)::integer
    join shifts s on s.roster_id = r.id
    join persons p on p.id = s.person_id and not p.public_official
    where r.bureau_id = bureau and g.year = of_year and r.status in ('approved', 'published')
      and not exists (select from settlements t where t.bureau_id = r.bureau_id and t.month = r.month and t.status = 'paid')
    group by r.id, r.month
    union all
    select 'case', c.id, c.number,
           case when c.programme_case and not c.over then coalesce((g.content -> 'case_amounts' ->> c.kind)::numeric, 0) else 0 end,
           case when c.programme_case and not c.over
               then greatest(0, coalesce((g.content -> 'local_standards' ->> c.kind)::numeric, 0)
                             - coalesce((g.content -> 'case_amounts' ->> c.kind)::numeric, 0))
               else coalesce((g.content -> 'local_standards' ->> c.kind)::numeric, 0) end
    from (
        select k.*, coalesce(case_position(bureau, of_year, k.place), 0)
                    > (select (content ->> 'case_target')::integer from programmes where bureau_id = bureau and year = of_year) as over
        from cases k
        where k.bureau_id = bureau and k.assigned_on is not null and k.terminated_on is null and not case_is_void(k.id)
          and k.handler_category <> 'agency_staff' and k.kind <> 'duty_lawyer_help'
          and coalesce(k.counted_year, extract(year from coalesce(k.closing_agreed_on, k.assigned_on))::integer) = of_year
    ) c
    join programmes g on g.bureau_id = c.bureau_id and g.year = of_year
    where not exists (select from case_payouts p join case_batches b on b.id = p.batch_id
                      where p.case_id = c.id and p.live and b.status = 'paid')
      and not exists (select from case_outside_payments o where o.case_id = c.id and o.withdrawn_by is null)
$$;
