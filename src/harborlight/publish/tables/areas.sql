-- One row per area of a layer.
select layer, ix, area_id, area_name
from metric.areas
order by layer, ix
