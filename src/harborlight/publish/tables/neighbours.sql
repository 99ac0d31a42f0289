-- One row per area and area beside it in the same version of a layer, both ways round.
select lines_ix, ix, neighbour_ix
from places.neighbours
order by all
