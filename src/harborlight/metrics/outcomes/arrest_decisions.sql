-- One row per month, offense group and first decision: arrests of adults for an open offense, by what was decided first about them.
-- Arrests without a decision are left out: nearly all of them may be arrests of children, whose number would then be told by subtraction.
select
    strftime(arrested_date, '%Y-%m') as "month",
    offense_group,
    decision_code,
    count(*) as n
from model.first_decisions
where tier = 'T0' and arrested_date is not null and decision_code is not null
group by strftime(arrested_date, '%Y-%m'), offense_group, decision_code
order by "month", offense_group, decision_code
