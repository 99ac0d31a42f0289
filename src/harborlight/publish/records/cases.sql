-- One row per case that might be shown, with everything that decides whether it may: private, read by the publish step alone.
-- What is plainly closed is left out here already; `records/decide.py` decides about each of the rest.
with parts as (
    select
        p.followed_case_id as case_id,
        count(*) filter (where c.age_years is null) as n_ages_unknown,
        min(c.age_years) as youngest,
        string_agg(distinct coalesce(c.court_code, 'unknown'), ',') as court_codes,
        min(case when p.is_later then c.filed_date end) as forwarded_date
    from model.case_parts as p
    inner join staging.cases as c on p.source_id = c.source_id and p.case_id = c.case_id
    group by p.followed_case_id
),

-- A charge that went to juvenile court tells that the accused is a child, whatever the age says.
to_juvenile as (
    select distinct p.followed_case_id as case_id
    from staging.charges as s
    inner join model.case_parts as p on s.case_id = p.case_id
    where s.disposition_code = 'transferred_juvenile'
),

arrested as (
    select arrest_id, min(arrested_date) as arrested_date
    from staging.arrests
    group by arrest_id
)

select
    c.source_id,
    c.case_id,
    trim(c.case_number) as case_number,
    trim(c.later_case_number) as later_case_number,
    upper(regexp_replace(c.case_number, $dropped, '', 'g')) as case_key,
    upper(regexp_replace(c.later_case_number, $dropped, '', 'g')) as later_key,
    upper(regexp_replace(c.incident_id, $dropped, '', 'g')) as incident_key,
    c.court_code,
    c.filed_date,
    c.tier,
    c.is_child or j.case_id is not null as is_child,
    p.n_ages_unknown,
    p.youngest,
    p.court_codes,
    p.forwarded_date,
    a.arrested_date
from model.court_cases as c
inner join parts as p on c.case_id = p.case_id
left join to_juvenile as j on c.case_id = j.case_id
left join arrested as a on c.arrest_id = a.arrest_id
where $is_on and c.is_open
order by case_key
