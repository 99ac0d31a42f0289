-- One row per day, source and police district: how many arrests. A view over the packed arrests; nothing of a person, no point, no hour.
select
    date '1900-01-01' + cast(p."day" as integer) as "date",
    a.area_id as police_district,
    d.area_id as located_district,
    s.source_id,
    count(*) as n
from packed_arrests as p
inner join source_codes as s on p."source" = s.ix
left join areas as a on a.layer = 'police_district' and a.version_id = 'recorded' and p.area = a.ix
left join (
    select l.piece, c.area_id
    from area_versions as v
    inner join piece_areas as l on v.lines_ix = l.lines_ix
    inner join areas as c on l.lines_ix = c.lines_ix and l.area = c.ix
    where v.layer = 'police_district' and v.is_current
) as d on p.piece = d.piece
where p.is_counted and p.counts_arrest
group by all
order by all
