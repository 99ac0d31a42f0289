-- One row per month of filing, offense group, outcome and time: open cases filed in that month that ended so many calendar months later, by
-- how, and those still waiting (`pending`), with the months for which they have been followed.
with every as (
    select filed_month, offense_group, outcome_code, months, n from outcome.case_times
    union all
    select filed_month, offense_group, outcome_code, months, n from sealed.case_times
),

followed as (
    select e.*,
        (extract(year from g.as_of) - cast(left(e.filed_month, 4) as integer)) * 12
        + extract(month from g.as_of) - cast(right(e.filed_month, 2) as integer) as most
    from every as e
    cross join metric.outcome_edge as g
),

marks as (
    select filed_month, offense_group, outcome_code, months, n from followed where outcome_code <> 'filed' and months <= most
    union all
    select filed_month, offense_group, 'pending' as outcome_code, most as months, case when outcome_code = 'filed' then n else -n end as n
    from followed
    where most >= 0 and (outcome_code = 'filed' or months <= most)
)

select filed_month, offense_group, outcome_code, cast(months as integer) as months, cast(sum(n) as bigint) as n
from marks
group by filed_month, offense_group, outcome_code, months
having sum(n) <> 0
order by filed_month, offense_group, outcome_code, months
