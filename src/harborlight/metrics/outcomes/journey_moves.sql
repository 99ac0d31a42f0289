-- One row per quarter of incidents, offense group, month and state: how many more incidents are in that state after the month than before it.
-- An incident leaves the state that it was in (-1) when it enters another (+1), so that added up over the months each is in one state at a time.
-- Arrested without a decision, declined and released are one state here, `not_charged`: what is decided about a child is confidential, and
-- a state of its own for arrests without a decision would count little else.
with told as (
    select
        source_id,
        incident_id,
        step_date,
        case when state_code in ('arrested', 'declined', 'released') then 'not_charged' else state_code end as state_code
    from model.journey_steps
),
steps as (
    select
        j.offense_group,
        cast(extract(year from j.occurred_date) as varchar) || '-Q' || cast(extract(quarter from j.occurred_date) as varchar) as cohort_quarter,
        s.step_date,
        s.state_code,
        lag(s.state_code) over (partition by s.source_id, s.incident_id order by s.step_date) as left_code
    from told as s
    inner join model.journeys as j on s.source_id = j.source_id and s.incident_id = j.incident_id
),

moves as (
    select cohort_quarter, offense_group, step_date, state_code, 1 as change
    from steps
    union all
    select cohort_quarter, offense_group, step_date, left_code as state_code, -1 as change
    from steps
    where left_code is not null
)

select
    cohort_quarter,
    offense_group,
    strftime(step_date, '%Y-%m') as "month",
    state_code,
    sum(change) as n
from moves
group by cohort_quarter, offense_group, strftime(step_date, '%Y-%m'), state_code
having sum(change) <> 0
order by cohort_quarter, offense_group, "month", state_code
