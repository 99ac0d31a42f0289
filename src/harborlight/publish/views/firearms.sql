-- One row per month, kind, way of making, reason and police district: how many firearms police recovered. A view over the packed ones.
-- No day, no point, no number of a firearm and no trace of where it was first sold.
select
    strftime(date '1900-01-01' + cast(p."day" as integer), '%Y-%m') as "month",
    case p.kind when 0 then 'pistol' when 1 then 'revolver' when 2 then 'rifle' when 3 then 'shotgun' when 4 then 'other' else 'unknown' end as kind,
    case p.made when 0 then 'yes' when 1 then 'no' else 'unknown' end as privately_made,
    case p.reason when 0 then 'arrest' when 1 then 'stop' when 2 then 'search_warrant' when 3 then 'crime_scene' when 4 then 'found'
        when 5 then 'handed_in' when 6 then 'other' else 'unknown' end as reason,
    a.area_id as police_district,
    d.area_id as located_district,
    s.source_id,
    count(*) as n
from packed_firearms as p
inner join source_codes as s on p."source" = s.ix
left join areas as a on a.layer = 'police_district' and a.version_id = 'recorded' and p.area = a.ix
left join (
    select l.piece, c.area_id
    from area_versions as v
    inner join piece_areas as l on v.lines_ix = l.lines_ix
    inner join areas as c on l.lines_ix = c.lines_ix and l.area = c.ix
    where v.layer = 'police_district' and v.is_current
) as d on p.piece = d.piece
where p.is_counted and p.counts_firearm
group by all
order by all
