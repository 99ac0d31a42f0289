-- One row per month, court, offense group and outcome: open cases that ended in that month. One defendant's charging document is one case,
-- also where a higher court took it over; offense and outcome are those of the case, not of each charge.
select
    strftime(disposed_date, '%Y-%m') as disposed_month,
    court_code,
    offense_group,
    outcome_code,
    count(*) as n
from model.court_cases
where is_open and disposed_date is not null
group by strftime(disposed_date, '%Y-%m'), court_code, offense_group, outcome_code
order by disposed_month, court_code, offense_group, outcome_code
