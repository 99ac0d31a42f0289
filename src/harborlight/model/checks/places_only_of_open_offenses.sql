-- Only offenses that are published row by row have a piece of the map or a public point.
select source_id, record_id
from model.records
where tier <> 'T0' and (piece is not null or snap is not null)
