-- One row per month, kind of link and whether it was found. What is not linked still counts wherever no link is needed.
-- Of cases and charges only open ones are counted, so that nothing can be told about those of children and of sensitive offenses; a charge
-- without a case is of no known kind and counts as not found.
with links as (
    select link_date as linked_date, link_code, is_linked as is_found
    from model.court_links
    where link_code in ('arrest_incident', 'clearance_arrest') or (link_code = 'charge_case' and not is_linked)
    union all
    select k.filed_date as linked_date, 'charge_case' as link_code, true as is_found
    from model.charges as c
    inner join model.court_cases as k on c.case_id = k.case_id
    where k.is_open
    union all
    select k.filed_date as linked_date, 'case_arrest' as link_code, a.arrest_id is not null as is_found
    from model.court_cases as k
    left join (select distinct arrest_id from model.arrests) as a on k.arrest_id = a.arrest_id
    where k.is_open
    union all
    select k.filed_date as linked_date, 'case_incident' as link_code, i.incident_id is not null as is_found
    from model.court_cases as k
    left join (select distinct incident_id from model.incidents where has_complaint_number) as i on k.incident_id = i.incident_id
    where k.is_open
)

select
    strftime(linked_date, '%Y-%m') as "month",
    link_code,
    case when is_found then 'yes' else 'no' end as is_linked,
    count(*) as n
from links
where linked_date is not null
group by strftime(linked_date, '%Y-%m'), link_code, is_found
order by "month", link_code, is_linked
