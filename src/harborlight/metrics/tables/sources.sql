-- One row per source, numbered as the packed table numbers it.
select
    cast(row_number() over (order by source_id) - 1 as utinyint) as ix,
    source_id,
    counting_system
from staging.sources
order by ix
