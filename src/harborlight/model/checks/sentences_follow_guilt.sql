-- A sentence belongs to a charge that ended in conviction or probation before judgment, and is not longer than imposed.
select s.case_id, s.charge_number
from model.sentences as s
left join model.charges as c on s.case_id = c.case_id and s.charge_number = c.charge_number
where coalesce(c.outcome_code, '') not in ('convicted', 'probation_before_judgment') or s.served_days > coalesce(s.incarceration_days, 0) or s.served_days < 0
