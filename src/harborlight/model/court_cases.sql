-- One row per court case as followed, from its first court to its last. Key: case_id.
-- One case is one defendant's charging document; a District Court case and the Circuit Court case that took it over are one. It is pending
-- until every charge is final, then it has the outcome of its charges that ranks highest (disposition_codes.csv gives the order).
-- Open tables count and show only cases that are open: of adults, and with no sensitive or unmapped offense. What is not known closes a case.
-- A case also stays closed where what closed it, a report or an arrest, was removed since.
with rows_of as (
    select
        p.followed_case_id as case_id,
        min(case when not p.is_later and not p.is_superseded then p.case_number end) as case_number,
        min(case when p.is_later and not p.is_superseded then p.case_id end) as later_case_id,
        min(case when p.is_later and not p.is_superseded then p.case_number end) as later_case_number,
        coalesce(
            min(case when p.court_code = 'juvenile' then p.court_code end),
            min(case when p.is_later then p.court_code end),
            min(p.court_code)
        ) as court_code,
        min(p.filed_date) as filed_date,
        coalesce(min(case when not p.is_later then c.incident_id end), min(c.incident_id)) as incident_id,
        coalesce(min(case when not p.is_later then c.arrest_id end), min(c.arrest_id)) as arrest_id,
        max(case when c.age_years < 18 or c.court_code = 'juvenile' then 1 else 0 end) = 1 as is_child
    from model.case_parts as p
    inner join staging.cases as c on p.source_id = c.source_id and p.case_id = c.case_id
    group by p.followed_case_id
),

charges_of as (
    select
        c.case_id,
        max(case when not c.is_classified then 1 else 0 end) = 1 as is_sensitive,
        max(case when c.outcome_code = 'pending' then 1 else 0 end) = 1 as is_pending,
        min(cast(d.outcome_rank as integer)) as outcome_rank,
        max(c.disposed_date) as disposed_date
    from model.charges as c
    left join staging.disposition_codes as d on c.disposition_code = d.code
    group by c.case_id
),

outcomes as (
    select distinct cast(outcome_rank as integer) as outcome_rank, outcome
    from staging.disposition_codes
    where outcome_rank is not null
),

sentences_of as (
    select
        case_id,
        min(imposed_date) as sentenced_date,
        max(served_days) as incarceration_days,
        max(probation_days) as probation_days
    from model.sentences
    group by case_id
),

sensitive as (
    select distinct incident_id
    from model.records
    where tier = 'T1' and has_complaint_number
),

sensitive_charges as (
    select distinct p.followed_case_id as case_id
    from staging.charges as s
    inner join model.case_parts as p on s.case_id = p.case_id
    left join staging.offense_codes as c on s.offense_code = c.code
    where coalesce(c.tier, 'T1') = 'T1'
),

children as (
    select arrest_id
    from staging.arrests
    where age_years < 18
    group by arrest_id
)

select
    p.source_id,
    r.case_id,
    r.case_number,
    r.later_case_id,
    r.later_case_number,
    r.court_code,
    r.filed_date,
    r.incident_id,
    r.arrest_id,
    t.offense_code,
    t.offense_group,
    t.severity_code,
    case
        when coalesce(h.is_sensitive, true) or v.incident_id is not null or g.case_id is not null or x.case_id is not null then 'T1'
        else 'T0'
    end as tier,
    r.is_child or k.arrest_id is not null as is_child,
    not r.is_child and k.arrest_id is null
    and not coalesce(h.is_sensitive, true) and v.incident_id is null and g.case_id is null and x.case_id is null as is_open,
    case when coalesce(h.is_pending, true) then 'pending' else coalesce(o.outcome, 'pending') end as outcome_code,
    case when not h.is_pending and o.outcome is not null then h.disposed_date end as disposed_date,
    case when not h.is_pending and o.outcome is not null then s.sentenced_date end as sentenced_date,
    case when not h.is_pending and o.outcome is not null then s.incarceration_days end as incarceration_days,
    case when not h.is_pending and o.outcome is not null then s.probation_days end as probation_days
from rows_of as r
inner join model.case_parts as p on r.case_id = p.case_id
left join charges_of as h on r.case_id = h.case_id
left join outcomes as o on h.outcome_rank = o.outcome_rank
left join model.charges as t on r.case_id = t.case_id and t.is_top
left join sentences_of as s on r.case_id = s.case_id
left join sensitive as v on r.incident_id = v.incident_id
left join sensitive_charges as g on r.case_id = g.case_id
left join children as k on r.arrest_id = k.arrest_id
left join staging.closed_cases as x on r.case_id = x.case_id
