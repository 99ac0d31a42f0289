-- One row per month of incidents, offense group, kind and time: open incidents of that month (`reported`, months 0), and those of them that
-- were cleared by arrest or exceptionally so many calendar months later. Those never cleared are the difference.
with marks as (
    select occurred_date, occurred_date as marked_date, offense_group, 'reported' as how
    from model.journeys
    union all
    select occurred_date, cleared_date as marked_date, offense_group, clearance_code as how
    from model.journeys
    where clearance_code is not null
)

select
    strftime(occurred_date, '%Y-%m') as cohort_month,
    offense_group,
    how,
    cast(greatest(0, (extract(year from marked_date) - extract(year from occurred_date)) * 12
        + extract(month from marked_date) - extract(month from occurred_date)) as integer) as months,
    count(*) as n
from marks
group by cohort_month, offense_group, how, months
order by cohort_month, offense_group, how, months
