-- One row per record that counts towards a published number. Key: source_id, record_id.
-- The conditions of every metric are columns here, so that a metric needs no SQL of its own; `counts_...` say which records stand for a unit.
-- Someone shot who has died of it is a homicide victim, not a shooting victim: each victimisation is in one of the two.
select
    r.source_id,
    r.record_id,
    incident_id,
    p.incident_number,
    counting_system,
    offense_code,
    offense_group,
    tier,
    counted_date,
    occurred_hour,
    district_id,
    piece,
    snap,
    weapon_code,
    premise_code,
    is_gun,
    coalesce(p.incident_place, 1) = 1 as counts_incident,
    coalesce(p.group_place, 1) = 1 as counts_incident_group,
    coalesce(p.code_place, 1) = 1 as counts_incident_code,
    counts_once_per <> 'incident' or coalesce(p.code_place, 1) = 1 as counts_offense,
    crime_against in ('person', 'property') and coalesce(victim_type_code, 'unknown') <> 'society' as counts_victim,
    offense_group = 'homicide' as is_homicide,
    is_shooting and offense_group <> 'homicide' and coalesce(injury_code, 'none') <> 'fatal' as is_nonfatal_shooting,
    offense_group = 'homicide'
    or (is_shooting and offense_group <> 'homicide' and coalesce(injury_code, 'none') <> 'fatal') as is_killed_or_shot,
    offense_group = 'robbery' as is_robbery,
    offense_group = 'aggravated_assault' as is_aggravated_assault,
    offense_group = 'burglary' as is_burglary,
    offense_group = 'auto_theft' as is_auto_theft,
    is_counted,
    r.is_sealed,
    -- An assault or threat at a home, or at a place not known, is listed and has an hour only when 28 days have passed.
    offense_group in ('simple_assault', 'aggravated_assault', 'intimidation')
    and coalesce(premise_code, 'residence') = 'residence' as is_listed_late
from model.records as r
left join model.places_in_incident as p on r.source_id = p.source_id and r.record_id = p.record_id
where is_countable
