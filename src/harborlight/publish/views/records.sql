-- One row per countable record that is not sensitive: what a reader can list and download. A view over the packed table.
-- Assaults and threats at a home (or at a place not known) appear after 28 days; until then they are in the totals only.
-- No place is finer than a public point, and the located district is that of today's lines.
select
    date '1900-01-01' + cast(p."day" as integer) as "date",
    p."hour",
    o.code as offense_code,
    o.name as offense_name,
    o.offense_group,
    a.area_id as police_district,
    d.area_id as located_district,
    g.longitude,
    g.latitude,
    case p.weapon when 0 then 'none' when 1 then 'firearm' when 2 then 'knife' when 3 then 'hands' when 4 then 'other' end as weapon_code,
    s.source_id,
    s.counting_system,
    p.counts_incident,
    p.counts_offense,
    p.counts_victim,
    p.is_nonfatal_shooting
from packed as p
inner join offenses as o on p.offense = o.ix
inner join source_codes as s on p."source" = s.ix
left join areas as a on a.layer = 'police_district' and a.version_id = 'recorded' and p.area = a.ix
left join (
    select l.piece, c.area_id
    from area_versions as v
    inner join piece_areas as l on v.lines_ix = l.lines_ix
    inner join areas as c on l.lines_ix = c.lines_ix and l.area = c.ix
    where v.layer = 'police_district' and v.is_current
) as d on p.piece = d.piece
left join snap_points as g on p.snap = g.snap
where p.is_counted and p.is_listed
order by p."day", p.rowid
