-- 案件质量评查 (四(二)3(2)): who reviews which closed case, with which result; and what
-- the screens against forged and split cases showed, as decided by a person.
create table case_quality (
    id          bigint generated always as identity primary key,
    case_id     bigint not null,
    bureau_id   bigint not null,
    kind        text not null,
    -- How it was chosen: drawn by lot with this seed, or picked with a reason.
    chosen      text not null,
    reviewer_id bigint not null references accounts,
    drawn_by    bigint not null references accounts,
    drawn_at    timestamptz not null,
    scores      jsonb,
    veto        text not null default '',
    total       integer,
    faults      text not null default '',
    mend_until  date,
    done_on     date,
    mended_on   date,
    mended_note text not null default '',
    foreign key (case_id, bureau_id) references cases (id, bureau_id),
    constraint case_quality_once unique (case_id, kind),
    constraint case_quality_kind check (kind in ('administrative', 'peer')),
    constraint case_quality_total check (total between 0 and 100),
    constraint case_quality_done check ((done_on is null) = (total is null) and (done_on is null) = (scores is null)),
    constraint case_quality_mend check (mend_until is null or faults <> ''),
    constraint case_quality_mended check (mended_on is null or (mend_until is not null and mended_note <> ''))
);
create index case_quality_of_reviewer on case_quality (reviewer_id) where done_on is null;

create table case_screenings (
    id         bigint generated always as identity primary key,
    bureau_id  bigint not null references bureaus,
    kind       text not null,
    key        text not null,
    words      text not null,
    verdict    text not null,
    note       text not null,
    decided_by bigint not null references accounts,
    decided_at timestamptz not null,
    constraint case_screenings_once unique (bureau_id, kind, key),
    constraint case_screenings_verdict check (verdict in ('harmless', 'followed_up', 'fraud')),
    constraint case_screenings_note check (note <> '')
);
create trigger case_screenings_append_only before update or delete on case_screenings
    for each row execute function refuse_change();
