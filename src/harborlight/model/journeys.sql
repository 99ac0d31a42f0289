-- One row per countable open (T0) incident of the time that the arrests cover: how far it has come. Key: source_id, incident_id.
-- The incidents are those of the measure `incidents`. Dates before the incident's own are taken for its own.
-- What concerns a child stops at the arrest: decisions on children and their cases are confidential and never reach this table.
-- An incident with several open cases is pending while one of them is, then it has the outcome that ranks highest.
with spans as (
    select distinct s.date_from, s.date_to
    from staging.supplies as s
    inner join staging.arrests as a on s.source_id = a.source_id
    where s.offense_group = 'arrests' and a.incident_id is not null
),

members as (
    select e.source_id, e.incident_id, e.counted_date as occurred_date
    from model.events as e
    where e.tier = 'T0' and e.is_counted and e.counts_incident
    and exists (select 1 from spans as s where e.counted_date between s.date_from and s.date_to)
    and e.counted_date >= (select min(a.arrested_date) from model.arrests as a where a.is_counted)
),

top_offenses as (
    select source_id, incident_id, offense_group
    from (
        select
            e.source_id,
            e.incident_id,
            e.offense_group,
            row_number() over (partition by e.source_id, e.incident_id order by cast(c.sort as integer)) as place
        from model.events as e
        inner join staging.offense_codes as c on e.offense_code = c.code
        where e.tier = 'T0' and e.is_counted
    ) as r
    where place = 1
),

cleared as (
    select
        m.source_id,
        m.incident_id,
        min(case when m.status_code = 'cleared_arrest' then s.cleared_date end) as by_arrest_date,
        min(case when m.status_code = 'cleared_exceptional' then s.cleared_date end) as exceptional_date
    from model.records as m
    inner join staging.records as s on m.source_id = s.source_id and m.record_id = s.record_id
    where m.is_countable and m.tier = 'T0' and m.is_counted
    group by m.source_id, m.incident_id
),

children as (
    select incident_id, arrest_id
    from model.court_cases
    where is_child
),

arrested as (
    select
        a.incident_id,
        min(a.arrested_date) as arrested_date,
        min(case when a.charging_decision_code = 'charged' and d.is_adult then a.decided_date end) as charged_date,
        min(case when a.charging_decision_code = 'diverted' and d.is_adult then a.decided_date end) as diverted_date,
        min(case when a.charging_decision_code = 'declined' and d.is_adult then a.decided_date end) as declined_date,
        min(case when a.charging_decision_code = 'released' and d.is_adult then a.decided_date end) as released_date
    from staging.arrests as a
    inner join (
        select
            n.source_id,
            n.arrest_id,
            min(coalesce(n.age_years, 18)) >= 18
            and max(case when k.arrest_id is not null or (n.age_years is null and i.incident_id is not null) then 1 else 0 end) = 0 as is_adult
        from staging.arrests as n
        left join (select distinct arrest_id from children) as k on n.arrest_id = k.arrest_id
        left join (select distinct incident_id from children) as i on n.incident_id = i.incident_id
        group by n.source_id, n.arrest_id
    ) as d on a.source_id = d.source_id and a.arrest_id = d.arrest_id
    where a.incident_id is not null
    group by a.incident_id
),

decided as (
    select
        a.incident_id,
        a.arrested_date,
        a.charged_date,
        case
            when a.charged_date is not null then 'charged'
            when a.diverted_date is not null then 'diverted'
            when a.declined_date is not null then 'declined'
            when a.released_date is not null then 'released'
        end as decision_code,
        coalesce(a.charged_date, a.diverted_date, a.declined_date, a.released_date) as decided_date
    from arrested as a
),

court as (
    select
        c.incident_id,
        min(c.filed_date) as filed_date,
        max(case when c.outcome_code = 'pending' or c.disposed_date is null then 1 else 0 end) = 1 as is_pending,
        min(cast(d.outcome_rank as integer)) as outcome_rank,
        max(c.disposed_date) as disposed_date
    from model.court_cases as c
    left join (select distinct outcome, outcome_rank from staging.disposition_codes) as d on c.outcome_code = d.outcome
    where c.is_open and c.incident_id is not null and c.filed_date is not null
    group by c.incident_id
),

ranks as (
    select distinct cast(outcome_rank as integer) as outcome_rank, outcome
    from staging.disposition_codes
    where outcome_rank is not null
)

select
    m.source_id,
    m.incident_id,
    t.offense_group,
    m.occurred_date,
    cast(date_trunc('month', m.occurred_date) as date) as cohort_month,
    case when c.by_arrest_date is not null or c.exceptional_date is not null
        then greatest(coalesce(c.by_arrest_date, c.exceptional_date), m.occurred_date)
    end as cleared_date,
    case when c.by_arrest_date is not null then 'arrest' when c.exceptional_date is not null then 'exceptional' end as clearance_code,
    case when a.arrested_date is not null then greatest(a.arrested_date, m.occurred_date) end as arrested_date,
    a.decision_code,
    case when a.decision_code is not null then greatest(a.decided_date, a.arrested_date, m.occurred_date) end as decided_date,
    case when a.charged_date is not null or j.filed_date is not null
        then greatest(least(coalesce(a.charged_date, j.filed_date), coalesce(j.filed_date, a.charged_date)), m.occurred_date)
    end as charged_date,
    case when j.is_pending then 'pending' else r.outcome end as outcome_code,
    case when not j.is_pending then greatest(j.disposed_date, j.filed_date, m.occurred_date) end as disposed_date
from members as m
inner join top_offenses as t on m.source_id = t.source_id and m.incident_id = t.incident_id
left join cleared as c on m.source_id = c.source_id and m.incident_id = c.incident_id
left join decided as a on m.incident_id = a.incident_id
left join court as j on m.incident_id = j.incident_id
left join ranks as r on j.outcome_rank = r.outcome_rank
