-- Every journey begins with its own day, and has one state at every date from then on.
select j.source_id, j.incident_id
from model.journeys as j
left join model.journey_steps as s on j.source_id = s.source_id and j.incident_id = s.incident_id
group by j.source_id, j.incident_id, j.occurred_date
having coalesce(min(s.step_date), date '9999-12-31') <> j.occurred_date or count(distinct s.step_date) <> count(*) or count(s.state_code) <> count(*)
