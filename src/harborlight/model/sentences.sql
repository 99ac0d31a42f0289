-- One row per sentence on a charge of a followed case. Key: none; a source may give a charge several sentences.
-- A sentence on a charge that ended otherwise than by conviction or probation before judgment is an error of the source and is left out.
select
    s.source_id,
    c.case_id,
    c.charge_number,
    s.imposed_date,
    s.incarceration_days,
    s.suspended_days,
    greatest(coalesce(s.incarceration_days, 0) - coalesce(s.suspended_days, 0), 0) as served_days,
    s.probation_days
from staging.sentences as s
inner join model.charges as c on s.case_id = c.row_case_id and s.charge_seq = c.charge_seq
where c.outcome_code in ('convicted', 'probation_before_judgment')
