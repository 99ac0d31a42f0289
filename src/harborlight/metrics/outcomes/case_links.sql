-- One row per month, kind of link and whether it was found: arrests that name an incident of these records, and open cases that name such an
-- arrest or such an incident. What is not linked still counts everywhere where no link is needed.
with links as (
    select a.arrested_date as linked_date, 'arrest_to_incident' as link_code, i.incident_id is not null as is_found
    from model.arrests as a
    left join (select distinct incident_id from model.incidents) as i on a.incident_id = i.incident_id
    where a.counts_arrest and a.is_counted
    union all
    select c.filed_date as linked_date, 'case_to_arrest' as link_code, a.arrest_id is not null as is_found
    from model.court_cases as c
    left join (select distinct arrest_id from model.arrests) as a on c.arrest_id = a.arrest_id
    where c.is_open
    union all
    select c.filed_date as linked_date, 'case_to_incident' as link_code, i.incident_id is not null as is_found
    from model.court_cases as c
    left join (select distinct incident_id from model.incidents) as i on c.incident_id = i.incident_id
    where c.is_open
)

select
    strftime(linked_date, '%Y-%m') as "month",
    link_code,
    case when is_found then 'yes' else 'no' end as is_linked,
    count(*) as n
from links
where linked_date is not null
group by 1, 2, 3
order by 1, 2, 3
