-- One row per case that might be shown, with everything that decides whether it may: private, read by the publish step alone.
-- What is plainly closed, or has no charge with an outcome that the policy shows, is left out here already, because it is most of all cases;
-- `records/decide.py` decides about each of the rest. The month is that of the report's own page: without one there is none.
-- What became of a case elsewhere is not known here: one that went to another county, and one in which the District Court's conviction was
-- followed by a case of a higher court, which tries it anew on appeal, have no page.
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

elsewhere as (
    select distinct p.followed_case_id as case_id
    from staging.charges as s
    inner join model.case_parts as p on s.case_id = p.case_id
    left join staging.disposition_codes as d on s.disposition_code = d.code
    where s.disposition_code = 'venue_changed'
    or (p.is_taken_over and not p.is_later and d.outcome in ('convicted', 'probation_before_judgment') and s.disposed_date <= p.taken_over_date)
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
    i.incident_key,
    i."month" as reported_month,
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
left join public.main.incident_pages as i on i.incident_key = upper(regexp_replace(c.incident_id, $dropped, '', 'g'))
left join elsewhere as e on c.case_id = e.case_id
where $is_on and c.is_open and e.case_id is null and c.case_id in (select h.case_id from model.charges as h where list_contains($outcomes, h.outcome_code))
order by case_key
