-- The key of the form a draft was typed into: once that form is accepted, an autosave
-- that arrives late brings no draft back.
alter table consultation_drafts add column once uuid not null;
