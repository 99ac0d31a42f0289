-- One row per listed record that has a public point, as the packed table has it, with the point on the map: what tiles are drawn from.
-- x and y are web mercator, the world 2^32 wide, y down. Rows of one square of the map (2 km wide or so) lie together.
select
    p.*,
    s.x,
    s.y
from metric.packed as p
inner join places.snap_points as s on p.snap = s.snap
where p.is_listed
order by floor(s.x / 262144.0), floor(s.y / 262144.0), p.snap, p."day", p.offense, p.area, p."hour", p."source", p.weapon, p.incident
