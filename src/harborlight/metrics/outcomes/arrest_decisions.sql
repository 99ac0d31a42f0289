-- One row per month, offense group and first decision: arrests for an open offense, by what the State's Attorney or the police decided first.
-- `none`: no decision is recorded, or the person arrested is a child, whose decision is confidential.
select
    strftime(arrested_date, '%Y-%m') as "month",
    offense_group,
    case when is_child then 'none' else coalesce(decision_code, 'none') end as decision_code,
    count(*) as n
from model.arrests
where counts_arrest and is_counted and tier = 'T0' and arrested_date is not null
group by 1, 2, 3
order by 1, 2, 3
