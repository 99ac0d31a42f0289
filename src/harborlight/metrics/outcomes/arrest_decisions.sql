-- One row per month, offense group and first decision: arrests for an open offense, by what was decided first about them.
-- `none`: no decision is recorded, or the person arrested is a child, about whom nothing is told.
select
    strftime(arrested_date, '%Y-%m') as "month",
    offense_group,
    coalesce(decision_code, 'none') as decision_code,
    count(*) as n
from model.first_decisions
where tier = 'T0' and arrested_date is not null
group by strftime(arrested_date, '%Y-%m'), offense_group, coalesce(decision_code, 'none')
order by "month", offense_group, decision_code
