-- One row per police district as the sources state it, numbered as the packed table numbers it.
select
    layer,
    cast(row_number() over (order by area_name, area_id) - 1 as utinyint) as ix,
    area_id,
    area_name
from (select distinct layer, area_id, area_name from staging.places where layer = 'police_district') as d
order by ix
