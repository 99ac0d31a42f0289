-- Under the city's own rule exactly the killed or shot of model.events are counted, each on its day.
with counted as (
    select source_id, record_id, counted_date from model.events where is_killed_or_shot and tier = 'T0'
),

ruled as (
    select source_id, record_id, counted_date from model.killings where rule = 'official' and not is_justified
)

select c.source_id, c.record_id, r.record_id as other_id
from counted as c
full outer join ruled as r on c.source_id = r.source_id and c.record_id = r.record_id
where c.record_id is null or r.record_id is null or c.counted_date is distinct from r.counted_date
