-- The audit trail's chain: each link's digest covers its record and the link before, so that
-- a record altered, taken out or put in afterwards shows. Links are added in batches behind
-- the writers, in the order in which records became visible.

create table audit_links (
    position  bigint primary key,
    record_id bigint not null references audit_records,
    -- The version of the key under which the digest was made.
    key       smallint not null,
    digest    bytea not null,
    constraint audit_links_record unique (record_id),
    constraint audit_links_position check (position > 0),
    constraint audit_links_digest check (octet_length(digest) = 32)
);
create trigger audit_links_append_only before update or delete on audit_links
    for each row execute function refuse_change();
create trigger audit_links_no_truncate before truncate on audit_links
    for each statement execute function refuse_change();

-- Up to where every record that will ever be there is linked: a record's number is given
-- before its transaction ends, so that a smaller one may become visible after a greater.
create table audit_sealing (
    only_row boolean primary key default true,
    floor    bigint not null default 0,
    constraint audit_sealing_one check (only_row)
);
insert into audit_sealing default values;

-- Searching by time, which grows with the rows.
create index audit_records_by_time on audit_records using brin (at);
create index audit_records_of_action on audit_records (bureau_id, action, id desc);
