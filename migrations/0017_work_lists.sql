-- The work list of every clerk asks how many records wait for review: few of many.
create index consultations_unreviewed on consultations (bureau_id, started_at) where review = 'unreviewed';
