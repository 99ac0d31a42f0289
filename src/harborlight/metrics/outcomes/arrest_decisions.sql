-- One row per month and first decision: arrests of adults for an open offense, by what was decided first about them.
-- All offenses together, and arrests without a decision left out: clearances by arrest less these decisions, offense by offense, would tell
-- how many children were arrested.
select
    strftime(arrested_date, '%Y-%m') as "month",
    'all' as offense_group,
    decision_code,
    count(*) as n
from model.first_decisions
where tier = 'T0' and arrested_date is not null and decision_code is not null
group by strftime(arrested_date, '%Y-%m'), decision_code
order by "month", decision_code
