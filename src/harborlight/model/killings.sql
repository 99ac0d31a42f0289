-- One row per person killed or shot and rule: the day the record counts on under that rule. Key: source_id, record_id, rule.
-- Rule `official` is the city's own of the time; the other three count every year alike. People shot have one day under every rule.
-- Killings ruled justified are here too, and marked. The earliest record of an incident stands for it, a justified one only where
-- there is no other: once among all killed or shot (incident_place), once among those killed and those shot apart (group_place).
with harmed as (
    select
        r.*,
        h.injured_date,
        h.died_date,
        h.ruled_date,
        r.offense_group in ('homicide', 'justifiable_homicide') as is_homicide,
        r.offense_group = 'justifiable_homicide' as is_justified_killing,
        coalesce(p.code_place, 1) as code_place,
        dense_rank() over (order by r.source_id, r.incident_id) as incident_number
    from model.records as r
    left join model.homicide_dates as h on r.source_id = h.source_id and r.record_id = h.record_id
    left join model.places_in_incident as p on r.source_id = p.source_id and r.record_id = p.record_id
    where
        r.tier = 'T0'
        and not r.is_unfounded
        and (
            r.offense_group in ('homicide', 'justifiable_homicide')
            or (r.is_countable and r.is_shooting and coalesce(r.injury_code, 'none') <> 'fatal')
        )
),

ruled as (
    select
        d.*,
        k.rule,
        case
            when not d.is_homicide or k.rule = 'official' then d.counted_date
            when k.rule = 'injured' then d.injured_date
            when k.rule = 'died' then d.died_date
            else d.ruled_date
        end as rule_date
    from harmed as d
    cross join (
        select 'official' as rule
        union all select 'injured' as rule
        union all select 'died' as rule
        union all select 'ruled' as rule
    ) as k
)

select
    d.source_id,
    d.record_id,
    d.rule,
    d.incident_number,
    d.rule_date as counted_date,
    d.occurred_hour,
    d.offense_code,
    d.district_id,
    d.piece,
    d.snap,
    d.weapon_code,
    row_number() over (
        partition by d.rule, d.incident_number, d.is_counted
        order by d.is_justified_killing, d.rule_date nulls last, d.record_id
    ) as incident_place,
    row_number() over (
        partition by d.rule, d.incident_number, d.is_counted, d.is_homicide
        order by d.is_justified_killing, d.rule_date nulls last, d.record_id
    ) as group_place,
    d.counts_once_per <> 'incident' or d.code_place = 1 as counts_offense,
    d.crime_against <> 'society' and coalesce(d.victim_type_code, 'unknown') <> 'society' as counts_victim,
    d.is_homicide,
    not d.is_homicide as is_nonfatal_shooting,
    d.is_justified_killing as is_justified,
    d.is_counted,
    -- As in model.events: an assault or threat at a home has an hour and a public point only when 28 days have passed.
    d.offense_group in ('simple_assault', 'aggravated_assault', 'intimidation')
    and coalesce(d.premise_code, 'residence') = 'residence' as is_listed_late
from ruled as d
