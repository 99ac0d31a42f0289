-- One row per thing that should lead to another and kind of link: does it? Key: none. Link rates by month are counted from it.
-- What is not linked stays in the tables of its own kind and is counted there.
with incidents as (
    select distinct incident_id
    from model.records
    where has_complaint_number
),

arrests as (
    select arrest_id, max(incident_id) as incident_id
    from staging.arrests
    group by arrest_id
)

select a.source_id, 'arrest_incident' as link_code, a.arrested_date as link_date, i.incident_id is not null as is_linked
from model.arrests as a
left join arrests as s on a.arrest_id = s.arrest_id
left join incidents as i on s.incident_id = i.incident_id
where a.counts_arrest and a.is_counted
union all
select c.source_id, 'case_incident' as link_code, c.filed_date as link_date, i.incident_id is not null as is_linked
from model.court_cases as c
left join incidents as i on c.incident_id = i.incident_id
union all
select c.source_id, 'case_arrest' as link_code, c.filed_date as link_date, s.arrest_id is not null as is_linked
from model.court_cases as c
left join arrests as s on c.arrest_id = s.arrest_id
union all
select c.source_id, 'charge_case' as link_code, coalesce(p.filed_date, c.disposed_date) as link_date, p.case_id is not null as is_linked
from staging.charges as c
left join model.case_parts as p on c.case_id = p.case_id
union all
select p.source_id, 'forwarded_case' as link_code, p.filed_date as link_date, p.is_later as is_linked
from model.case_parts as p
inner join staging.cases as c on p.source_id = c.source_id and p.case_id = c.case_id
where c.forwarded_from_case_number is not null and not p.is_superseded
union all
select j.source_id, 'clearance_arrest' as link_code, j.cleared_date as link_date, j.arrested_date is not null as is_linked
from model.journeys as j
where j.clearance_code = 'arrest'
