-- One row per month, court, offense group and outcome: open cases that ended in that month.
select disposed_month, court_code, offense_group, outcome_code, cast(sum(n) as bigint) as n
from (
    select disposed_month, court_code, offense_group, outcome_code, n from outcome.dispositions
    union all
    select disposed_month, court_code, offense_group, outcome_code, n from sealed.dispositions
) as d
where disposed_month <= (select strftime(as_of, '%Y-%m') from metric.outcome_edge)
group by disposed_month, court_code, offense_group, outcome_code
having sum(n) <> 0
order by disposed_month, court_code, offense_group, outcome_code
