-- Counts by month, offense and district: long series. Same columns as the packed table, fewer rows; n records each.
select
    offense, "month", area, "source", piece is not null as is_placed,
    counts_incident, counts_incident_group, counts_incident_code, counts_offense, counts_victim,
    is_homicide, is_nonfatal_shooting, is_killed_or_shot, is_robbery, is_aggravated_assault, is_burglary, is_auto_theft, is_counted,
    cast(count(*) as uinteger) as n
from metric.packed
group by all
order by all
