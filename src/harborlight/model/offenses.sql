-- One row per counted offense. Key: source_id, record_id (the record that stands for the offense).
-- Offenses against persons count once per victim, motor vehicle theft once per vehicle, all others once per incident.
select
    r.source_id,
    r.record_id,
    incident_id,
    counting_system,
    offense_code,
    offense_group,
    tier,
    counted_date,
    occurred_hour,
    district_id,
    weapon_code,
    is_gun,
    is_shooting,
    is_counted,
    r.is_sealed
from model.records as r
left join model.places_in_incident as p on r.source_id = p.source_id and r.record_id = p.record_id
where is_countable and (counts_once_per <> 'incident' or coalesce(p.code_place, 1) = 1)
