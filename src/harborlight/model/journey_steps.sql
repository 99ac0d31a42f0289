-- One row per step of an incident's journey: from this day on it is in this state, until its next step. Key: source_id, incident_id, step_date.
-- A journey goes forward only: a step that comes on the day of a later stage or after it is left out. An incident that police cleared by
-- arrest was followed by an arrest, whether or not the arrest names it.
with steps as (
    select source_id, incident_id, occurred_date as step_date, 0 as stage, 'reported' as state_code
    from model.journeys
    union all
    select source_id, incident_id, cleared_date as step_date, 1 as stage, 'cleared_exceptional' as state_code
    from model.journeys
    where clearance_code = 'exceptional'
    union all
    select
        source_id,
        incident_id,
        case
            when arrested_date is null then cleared_date
            when clearance_code = 'arrest' and cleared_date < arrested_date then cleared_date
            else arrested_date
        end as step_date,
        2 as stage,
        'arrested' as state_code
    from model.journeys
    where arrested_date is not null or clearance_code = 'arrest'
    union all
    select source_id, incident_id, decided_date as step_date, 3 as stage, decision_code as state_code
    from model.journeys
    where decision_code in ('declined', 'released', 'diverted')
    union all
    select source_id, incident_id, charged_date as step_date, 4 as stage, 'charged' as state_code
    from model.journeys
    where charged_date is not null
    union all
    select source_id, incident_id, disposed_date as step_date, 5 as stage, outcome_code as state_code
    from model.journeys
    where disposed_date is not null
),

ranked as (
    select s.*, max(s.stage) over (partition by s.source_id, s.incident_id order by s.step_date) as highest
    from steps as s
)

select source_id, incident_id, step_date, state_code
from ranked
where stage = highest
