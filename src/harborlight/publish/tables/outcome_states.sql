-- One row per quarter of incidents, offense group, day and state: how many incidents of that quarter were in that state at the end of that day,
-- for every month's end from the end of the quarter on. Each incident is in exactly one state.
with edge as (
    select as_of from metric.outcome_edge
),

moves as (
    select cohort_quarter, offense_group, "month", state_code, n from outcome.journey_moves
    union all
    select cohort_quarter, offense_group, "month", state_code, n from sealed.journey_moves
),

months as (
    select cast(unnest(generate_series(
        date_trunc('month', (select cast(min("month") || '-01' as date) from moves)), (select as_of from edge), interval 1 month
    )) as date) as first_day
),

ends as (
    select strftime(first_day, '%Y-%m') as "month", last_day(first_day) as as_of,
        cast(extract(year from first_day) as varchar) || '-Q' || cast(extract(quarter from first_day) as varchar) as quarter_code,
        extract(month from first_day) % 3 = 0 as ends_quarter
    from months
),

known as (
    select m.cohort_quarter, m.offense_group, m.state_code, e.as_of, e.ends_quarter, e.quarter_code,
        sum(coalesce(own.n, 0)) over (partition by m.cohort_quarter, m.offense_group, m.state_code order by e.as_of) as n
    from (select distinct cohort_quarter, offense_group, state_code from moves) as m
    cross join ends as e
    left join (
        select cohort_quarter, offense_group, state_code, "month", sum(n) as n from moves group by all
    ) as own
        on m.cohort_quarter = own.cohort_quarter and m.offense_group = own.offense_group and m.state_code = own.state_code and e."month" = own."month"
)

select cohort_quarter, offense_group, as_of, state_code, cast(n as bigint) as n
from known
where n <> 0 and (quarter_code > cohort_quarter or (quarter_code = cohort_quarter and ends_quarter))
order by cohort_quarter, offense_group, as_of, state_code
