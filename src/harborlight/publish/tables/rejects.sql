-- One row per source and reason: rows that were refused.
select source_id, reason, sum(n)::bigint as n
from staging.rejects
group by source_id, reason
order by source_id, reason
