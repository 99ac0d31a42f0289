-- One row per arrest that counts: what it was for and what was decided first about it. Key: source_id, arrest_id.
-- An arrest may have several rows, one a charge. It is for the offense that comes first in the order of offense codes, and is open only where
-- every row is of an open (T0) offense. It was charged if any of its charges was. What is decided about a child is confidential.
with rows_of as (
    select
        s.source_id,
        s.arrest_id,
        max(s.incident_id) as incident_id,
        min(cast(c.sort as integer)) as sort,
        max(case when c.tier = 'T0' then 0 else 1 end) as n_sensitive,
        min(s.age_years) as age_years,
        min(case s.charging_decision_code when 'charged' then 1 when 'diverted' then 2 when 'declined' then 3 when 'released' then 4 end) as decision_rank
    from staging.arrests as s
    left join staging.offense_codes as c on s.offense_code = c.code
    group by s.source_id, s.arrest_id
),

children as (
    select distinct arrest_id
    from model.court_cases
    where is_child and arrest_id is not null
),

offenses as (
    select cast(sort as integer) as sort, min(offense_group) as offense_group
    from staging.offense_codes
    group by cast(sort as integer)
)

select
    a.source_id,
    a.arrest_id,
    a.arrested_date,
    r.incident_id,
    o.offense_group,
    case when r.n_sensitive = 0 then 'T0' else 'T1' end as tier,
    coalesce(r.age_years < 18, false) or k.arrest_id is not null as is_child,
    case when coalesce(r.age_years < 18, false) or k.arrest_id is not null then null
        when r.decision_rank = 1 then 'charged'
        when r.decision_rank = 2 then 'diverted'
        when r.decision_rank = 3 then 'declined'
        when r.decision_rank = 4 then 'released'
    end as decision_code
from model.arrests as a
inner join rows_of as r on a.source_id = r.source_id and a.arrest_id = r.arrest_id
left join offenses as o on r.sort = o.sort
left join children as k on a.arrest_id = k.arrest_id
where a.counts_arrest and a.is_counted
