-- Neither a decision on a child nor a child's case is part of a journey.
select j.source_id, j.incident_id
from model.journeys as j
left join staging.arrests as a on j.incident_id = a.incident_id and (a.age_years is null or a.age_years >= 18)
left join model.court_cases as c on j.incident_id = c.incident_id and c.is_open
where j.decision_code is not null or j.charged_date is not null or j.outcome_code is not null
group by j.source_id, j.incident_id
having count(a.incident_id) = 0 and count(c.case_id) = 0
