-- A rule moves a killing to another day and never makes or loses one: each record has one row under each of the four rules.
select source_id, record_id, count(*) as n
from model.killings
group by source_id, record_id
having count(*) <> 4 or count(distinct rule) <> 4
