-- One row per public point: the only places at which a record is ever shown.
select snap, longitude, latitude, piece, n_addresses, x, y
from places.snap_points
order by snap
