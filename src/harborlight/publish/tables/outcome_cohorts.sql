-- One row per month of incidents, offense group, kind and time: incidents of that month that were cleared by arrest or exceptionally so many
-- calendar months later, and those not cleared (`open`), with the months for which they have been followed.
with every as (
    select cohort_month, offense_group, how, months, n from outcome.clearance_cohort
    union all
    select cohort_month, offense_group, how, months, n from sealed.clearance_cohort
),

followed as (
    select e.*,
        (extract(year from g.as_of) - cast(left(e.cohort_month, 4) as integer)) * 12
        + extract(month from g.as_of) - cast(right(e.cohort_month, 2) as integer) as most
    from every as e
    cross join metric.outcome_edge as g
),

marks as (
    select cohort_month, offense_group, how, months, n from followed where how <> 'reported' and months <= most
    union all
    select cohort_month, offense_group, 'open' as how, most as months, case when how = 'reported' then n else -n end as n
    from followed
    where most >= 0 and (how = 'reported' or months <= most)
)

select cohort_month, offense_group, how, cast(months as integer) as months, cast(sum(n) as bigint) as n
from marks
group by cohort_month, offense_group, how, months
having sum(n) <> 0
order by cohort_month, offense_group, how, months
