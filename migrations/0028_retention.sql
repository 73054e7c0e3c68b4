-- Keeping time (domain 9.3): a record of a consultation loses its person after five years
-- and stays as a number among the sums.
alter table consultations add column anonymised_at timestamptz;
create index consultations_to_anonymise on consultations (bureau_id, started_at) where anonymised_at is null;
