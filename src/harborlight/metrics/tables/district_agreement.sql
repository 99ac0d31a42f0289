-- One row per source and version of the police districts: how often the stated district is the one that the place lies in.
-- Compared are rows that state a known district and lie in one of that version; sensitive records have no place and are left out.
with stated as (
    select source_id, 'records' as "of", district_id, piece, count(*) as n
    from model.records
    where tier = 'T0' and district_id is not null
    group by source_id, district_id, piece
    union all
    select source_id, 'arrests' as "of", district_id, piece, count(*) as n
    from model.arrests
    where district_id is not null
    group by source_id, district_id, piece
    union all
    select source_id, 'firearms' as "of", district_id, piece, count(*) as n
    from model.firearms
    where district_id is not null
    group by source_id, district_id, piece
)

select
    s.source_id,
    s."of",
    v.layer,
    v.version_id,
    cast(sum(s.n) as bigint) as n_stated,
    cast(sum(case when a.area_id is not null then s.n else 0 end) as bigint) as n_compared,
    cast(sum(case when a.area_id = s.district_id then s.n else 0 end) as bigint) as n_agree
from stated as s
cross join places.versions as v
left join places.piece_areas as p on v.lines_ix = p.lines_ix and s.piece = p.piece
left join places.areas as a on p.lines_ix = a.lines_ix and p.area = a.ix
where v.layer = 'police_district'
group by s.source_id, s."of", v.layer, v.version_id, v.lines_ix
order by s."of", s.source_id, v.lines_ix
