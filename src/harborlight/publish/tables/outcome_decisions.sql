-- One row per month, offense group and first decision: arrests for an open offense.
select "month", offense_group, decision_code, cast(sum(n) as bigint) as n
from (
    select "month", offense_group, decision_code, n from outcome.arrest_decisions
    union all
    select "month", offense_group, decision_code, n from sealed.arrest_decisions
) as d
where "month" <= (select strftime(as_of, '%Y-%m') from metric.outcome_edge)
group by "month", offense_group, decision_code
having sum(n) <> 0
order by "month", offense_group, decision_code
