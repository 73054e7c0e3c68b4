-- What findings and settlements need beside 0004 and 0005.

-- A54: the last day of the objection, fixed when the person is told, so that a later change of the calendar or of the
-- plan does not move a limit that was named to somebody.
alter table findings add column objection_until date;
alter table findings add constraint findings_objection_until check ((objection_until is null) = (told_at is null));

-- A27: a row corrects an earlier month, or carries on what an earlier month's pay could not bear.
alter table settlement_adjustments add column kind text not null default 'correction';
alter table settlement_adjustments add constraint settlement_adjustments_kind check (kind in ('correction', 'carried'));
alter table settlement_adjustments drop constraint settlement_adjustments_once;
alter table settlement_adjustments add constraint settlement_adjustments_once unique (item_id, kind, for_month);
-- Nothing is carried on that is not owed.
alter table settlement_adjustments add constraint settlement_adjustments_carried check (kind <> 'carried' or amount < 0);

-- A returned month waits for its clerk: who returned it and when stands beside the reason.
alter table settlements add column returned_by bigint references accounts;
alter table settlements add column returned_at timestamptz;
alter table settlements add constraint settlements_returned check ((returned_by is null) = (return_reason = '')
    and (returned_by is null) = (returned_at is null) and (returned_by is null or status = 'calculated'));
alter table settlements add constraint settlements_returner check (returned_by <> calculated_by);
