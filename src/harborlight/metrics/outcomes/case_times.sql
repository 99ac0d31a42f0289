-- One row per month of filing, offense group, outcome and time: open cases filed in that month (`filed`, months 0), and those of them that
-- ended so many calendar months later, by how. Open: the defendant is an adult and no charge is of a sensitive offense. Pending cases
-- are the difference.
with marks as (
    select filed_date, filed_date as marked_date, offense_group, 'filed' as outcome_code
    from model.court_cases
    where is_open
    union all
    select filed_date, disposed_date as marked_date, offense_group, outcome_code
    from model.court_cases
    where is_open and disposed_date is not null
)

select
    strftime(filed_date, '%Y-%m') as filed_month,
    offense_group,
    outcome_code,
    cast(greatest(0, (extract(year from marked_date) - extract(year from filed_date)) * 12
        + extract(month from marked_date) - extract(month from filed_date)) as integer) as months,
    count(*) as n
from marks
where filed_date is not null
group by filed_month, offense_group, outcome_code, months
order by filed_month, offense_group, outcome_code, months
