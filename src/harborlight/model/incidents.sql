-- One row per incident: one complaint number of one source. Key: source_id, incident_id.
-- Where a source has no complaint numbers each row is its own incident, and has_complaint_number is false.
select
    source_id,
    incident_id,
    bool_and(has_complaint_number) as has_complaint_number,
    min(counting_system) as counting_system,
    min(occurred_date) as occurred_date,
    count(*) as n_records,
    bool_and(is_unfounded) as is_unfounded,
    bool_or(is_countable) as is_countable
from model.records
group by source_id, incident_id
