-- One row per version of a layer and piece of the map: the area that the piece lies in. No row where it lies in none.
-- Only pieces that a public row is in: where a sensitive record lies alone, nothing says so.
select p.lines_ix, p.piece, p.area
from places.piece_areas as p
where p.piece in (
    select piece from metric.packed
    union
    select piece from metric.packed_arrests
    union
    select piece from places.snap_points
)
order by p.lines_ix, p.piece
