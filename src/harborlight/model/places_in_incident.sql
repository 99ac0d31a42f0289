-- One row per countable record of an incident that has several of its tier. Key: source_id, record_id.
-- It numbers the records of one incident, of one offense group in it and of one offense in it, by date; the first one counts.
-- Sensitive (T1) and other (T0) records are numbered apart, so that nothing about one can be read from the other.
select
    r.source_id,
    r.record_id,
    dense_rank() over (partition by r.tier order by r.source_id, r.incident_id) as incident_number,
    row_number() over (
        partition by r.source_id, r.incident_id, r.tier, r.is_counted
        order by r.counted_date, r.record_id
    ) as incident_place,
    row_number() over (
        partition by r.source_id, r.incident_id, r.tier, r.is_counted, r.offense_group
        order by r.counted_date, r.record_id
    ) as group_place,
    row_number() over (
        partition by r.source_id, r.incident_id, r.tier, r.is_counted, r.offense_group, r.offense_code
        order by r.counted_date, r.record_id
    ) as code_place
from model.records as r
inner join (
    select source_id, incident_id, tier
    from model.records
    where is_countable
    group by source_id, incident_id, tier
    having count(*) > 1
) as v on r.source_id = v.source_id and r.incident_id = v.incident_id and r.tier = v.tier
where r.is_countable
