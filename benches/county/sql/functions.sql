-- What the fills share. Everything is drawn from the rows' own numbers, so that every run makes the same data.

-- A die of so many sides, thrown for a row and a question: the same throw each time.
create function bench_die(row_id bigint, question integer, sides integer) returns integer language sql immutable parallel safe as $$
    select (hashint8extended(row_id, question) & 2147483647)::integer % sides
$$;

-- The bureaus that the next fill is for.
create unlogged table bench_bureaus (
    bureau_id bigint primary key,
    number    integer not null,
    -- Whether the legal aid centre has a window of its own on four days a week.
    legal_aid boolean not null
);

-- The people of those bureaus by their place in the duty bank.
create unlogged table bench_people (
    bureau_id bigint not null,
    place     integer not null,
    person_id bigint not null,
    primary key (bureau_id, place)
);
