-- No two records of a source share a key.
select source_id, count(*) as n, count(distinct record_id) as n_keys
from model.records
group by source_id
having count(*) <> count(distinct record_id)
