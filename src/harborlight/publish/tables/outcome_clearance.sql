-- One row per month, offense group and kind: incidents of that month, and those cleared in it, of whatever month they are.
select "month", offense_group, how, cast(sum(n) as bigint) as n
from (
    select "month", offense_group, how, n from outcome.clearance_reported
    union all
    select "month", offense_group, how, n from sealed.clearance_reported
) as c
where "month" <= (select strftime(as_of, '%Y-%m') from metric.outcome_edge)
group by "month", offense_group, how
having sum(n) <> 0
order by "month", offense_group, how
