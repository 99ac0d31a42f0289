-- One row per closed month, kind, way of making, reason and police district: how many firearms police recovered. A view over the packed
-- ones. No day, no smaller area, no point, no number of a firearm and no trace of where it was first sold.
select
    strftime(date '1900-01-01' + cast(p."day" as integer), '%Y-%m') as "month",
    case p.kind when 0 then 'pistol' when 1 then 'revolver' when 2 then 'rifle' when 3 then 'shotgun' when 4 then 'other' else 'unknown' end as kind,
    case p.made when 0 then 'yes' when 1 then 'no' else 'unknown' end as privately_made,
    case p.reason when 0 then 'arrest' when 1 then 'stop' when 2 then 'search_warrant' when 3 then 'crime_scene' when 4 then 'found'
        when 5 then 'handed_in' when 6 then 'other' else 'unknown' end as reason,
    a.area_id as police_district,
    s.source_id,
    count(*) as n
from packed_firearms as p
inner join source_codes as s on p."source" = s.ix
left join area_versions as v on v.layer = 'police_district' and v.is_current
left join areas as a on a.layer = 'police_district' and coalesce(v.version_id, 'recorded') = a.version_id and p.area = a.ix
where p.is_counted and p.counts_firearm
group by all
order by all
