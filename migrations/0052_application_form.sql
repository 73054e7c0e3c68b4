-- The official application form asks for more of the person than was kept: 民族, 户籍所在地, 工作单位, 职业, and of
-- the household what the statement of means rests on. The registered residence is an address: sealed, with the
-- part down to the county for the forms.

alter table case_applications
    add column ethnicity text not null default '',
    add column domicile bytea,
    add column domicile_mask text not null default '',
    add column employer text not null default '',
    add column occupation text not null default '',
    add column household_size integer,
    add column household_income numeric(12, 2),
    add column property text not null default '',
    add constraint case_applications_ethnicity check (char_length(ethnicity) <= 12),
    add constraint case_applications_domicile check ((domicile is null) = (domicile_mask = '')),
    add constraint case_applications_household check (household_size between 1 and 30),
    add constraint case_applications_income check (household_income >= 0);
