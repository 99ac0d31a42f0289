-- One row per month, offense group and kind: open incidents of that month (`reported`), and those cleared in it, of whatever month they are
-- (`arrest`, `exceptional`). The number that police report to the FBI divides the one by the other.
with marks as (
    select occurred_date as marked_date, offense_group, 'reported' as how
    from model.journeys
    union all
    select cleared_date as marked_date, offense_group, clearance_code as how
    from model.journeys
    where clearance_code is not null
)

select
    strftime(marked_date, '%Y-%m') as "month",
    offense_group,
    how,
    count(*) as n
from marks
group by strftime(marked_date, '%Y-%m'), offense_group, how
order by "month", offense_group, how
