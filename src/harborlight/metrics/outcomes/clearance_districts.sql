-- One row per year of incidents, police district, offense group and month of clearance (`open` without one): open incidents of that year, by
-- the district in which they lie by the lines in force, or which the source states where no lines are drawn. Incidents with records
-- in several districts, or in none, are left out.
with places as (
    select e.source_id, e.incident_id, coalesce(d.area_id, e.district_id) as district_id
    from model.events as e
    left join (
        select l.piece, c.area_id
        from places.versions as v
        inner join places.piece_areas as l on v.lines_ix = l.lines_ix
        inner join places.areas as c on l.lines_ix = c.lines_ix and l.area = c.ix
        where v.layer = 'police_district' and v.is_current
    ) as d on e.piece = d.piece
    where e.tier = 'T0' and e.is_counted
),

single as (
    select source_id, incident_id, min(district_id) as police_district
    from places
    where district_id is not null
    group by source_id, incident_id
    having count(distinct district_id) = 1
)

select
    cast(extract(year from j.occurred_date) as varchar) as cohort_year,
    s.police_district,
    j.offense_group,
    case when j.clearance_code is null then 'open' else strftime(j.cleared_date, '%Y-%m') end as cleared_month,
    count(*) as n
from model.journeys as j
inner join single as s on j.source_id = s.source_id and j.incident_id = s.incident_id
group by
    cast(extract(year from j.occurred_date) as varchar),
    s.police_district,
    j.offense_group,
    case when j.clearance_code is null then 'open' else strftime(j.cleared_date, '%Y-%m') end
order by cohort_year, police_district, offense_group, cleared_month
