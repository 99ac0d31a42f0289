-- One row per source, numbered as the packed table numbers it.
select ix, source_id, counting_system
from metric.sources
order by ix
