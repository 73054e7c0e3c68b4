-- The official application form also asks for 邮编, 文化程度 and 身体状况, and a stranger who applies online may say
-- all of the person at once, so that the window need not ask again. An address and the registered residence of a
-- stranger are sealed like the telephone.

alter table case_applications
    add column postcode text not null default '',
    add column education text not null default '',
    add column health text not null default '',
    add constraint case_applications_postcode check (postcode ~ '^([0-9]{6})?$'),
    add constraint case_applications_education check (education in ('', 'none', 'primary', 'junior', 'senior', 'college', 'bachelor')),
    add constraint case_applications_health check (health in ('', 'healthy', 'disabled', 'ill'));

alter table case_online
    add column address bytea,
    add column domicile bytea,
    add column postcode text not null default '',
    add column ethnicity text not null default '',
    add column occupation text not null default '',
    add column education text not null default '',
    add column health text not null default '',
    add constraint case_online_ethnicity check (char_length(ethnicity) <= 12),
    add constraint case_online_postcode check (postcode ~ '^([0-9]{6})?$'),
    add constraint case_online_education check (education in ('', 'none', 'primary', 'junior', 'senior', 'college', 'bachelor')),
    add constraint case_online_health check (health in ('', 'healthy', 'disabled', 'ill'));
