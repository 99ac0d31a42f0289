-- A case that another court took over is no case of its own, and no dismissal of its day of forwarding is an outcome.
select c.case_id
from model.court_cases as c
left join model.case_parts as p on c.case_id = p.case_id
left join model.charges as h on c.case_id = h.case_id
where
    p.is_later
    or (p.is_taken_over and h.row_case_id = c.case_id and h.outcome_code = 'dropped' and h.disposed_date >= p.taken_over_date)
    or h.outcome_code = 'forwarded'
