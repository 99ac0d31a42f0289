-- One row per area of each version of a layer, and per area as the sources state it (version_id `recorded`, without lines).
select
    layer, version_id, lines_ix, ix, area_id, area_name, population, housing, land_km2, longitude, latitude, west, south, east, north, geometry
from places.areas
union all by name
select layer, 'recorded' as version_id, ix, area_id, area_name
from metric.areas
order by layer, lines_ix nulls first, ix
