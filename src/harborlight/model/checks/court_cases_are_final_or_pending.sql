-- A case has a day of disposition just when it is not pending, and it is pending just when a charge is or when it has no outcome.
select c.case_id
from model.court_cases as c
left join model.charges as h on c.case_id = h.case_id
left join staging.disposition_codes as d on h.disposition_code = d.code
group by c.case_id, c.outcome_code, c.disposed_date
having
    (c.outcome_code = 'pending') <> (c.disposed_date is null)
    or (c.outcome_code = 'pending') <> (count(*) filter (where h.outcome_code = 'pending') > 0 or count(d.outcome_rank) = 0)
