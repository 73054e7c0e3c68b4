-- What this database is: one row, made with the first migration run by the program.
create table installation (
    only_row        boolean primary key default true,
    -- Invented people and a clock that can be set: never to be mixed with real work.
    demonstration   boolean not null,
    -- Names the key that sealed the personal data, without telling anything of it.
    key_fingerprint text not null,
    made_at         timestamptz not null,
    constraint installation_one check (only_row)
);
