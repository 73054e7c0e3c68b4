-- What somebody wants corrected in what is held about them (PIPL 46): noted when they ask,
-- answered by a person. The records themselves are corrected where they are kept.

create table data_corrections (
    id              bigint generated always as identity primary key,
    bureau_id       bigint not null references bureaus,
    seal_id         uuid not null unique,
    id_number       bytea not null,
    id_number_index bytea not null,
    id_number_mask  text not null,
    -- What is wrong and how it should read, in their words.
    wish            text not null,
    noted_by        bigint not null references accounts,
    noted_at        timestamptz not null,
    status          text not null default 'open',
    answer          text not null default '',
    answered_by     bigint references accounts,
    answered_at     timestamptz,
    constraint data_corrections_status check (status in ('open', 'done', 'refused')),
    constraint data_corrections_answered check ((status = 'open') = (answered_by is null)
        and (status = 'open') = (answered_at is null) and (status = 'open' or answer <> '')),
    constraint data_corrections_wish check (wish <> '')
);
create index data_corrections_of_person on data_corrections (bureau_id, id_number_index);
create index data_corrections_of_bureau on data_corrections (bureau_id, id desc);

alter table data_corrections enable row level security;
create policy data_corrections_of_bureau on data_corrections
    using ((select wall_kind()) = 'everything' or (bureau_id = (select wall_bureau()) and (select wall_person()) is null))
    with check ((select wall_kind()) = 'everything' or bureau_id = (select wall_bureau()));
