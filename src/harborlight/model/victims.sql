-- One row per victimisation: one person, business or unknown party harmed in one record. Key: source_id, record_id.
-- Society is the victim of what is left out here. A person harmed twice has two rows.
select
    source_id,
    record_id,
    incident_id,
    offense_code,
    offense_group,
    tier,
    counted_date,
    coalesce(victim_type_code, 'unknown') as victim_type_code,
    injury_code,
    is_shooting,
    is_counted
from model.records
where
    is_countable
    and crime_against in ('person', 'property')
    and coalesce(victim_type_code, 'unknown') <> 'society'
