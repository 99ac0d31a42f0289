-- One row per area of a layer, numbered within its layer as the packed table numbers it.
select
    layer,
    cast(row_number() over (partition by layer order by area_name, area_id) - 1 as utinyint) as ix,
    area_id,
    area_name
from (select distinct layer, area_id, area_name from staging.places) as d
order by layer, ix
