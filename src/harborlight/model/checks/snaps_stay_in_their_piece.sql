-- A public point is on the published list, and lies in every guarded area that its record lies in.
with shown as (
    select r.snap, r.piece, s.piece as piece_of_snap
    from (select distinct snap, piece from model.records where snap is not null) as r
    left join places.snap_points as s on r.snap = s.snap
)

select snap, piece from shown where piece is null or piece_of_snap is null
union all
select h.snap, h.piece
from shown as h
cross join places.versions as v
left join places.piece_areas as a on v.lines_ix = a.lines_ix and h.piece = a.piece
left join places.piece_areas as b on v.lines_ix = b.lines_ix and h.piece_of_snap = b.piece
where v.is_guarded and h.piece <> h.piece_of_snap and coalesce(a.area, 65535) <> coalesce(b.area, 65535)
