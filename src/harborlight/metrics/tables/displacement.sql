-- One row: how far the places of records lie from the public points that stand for them, in metres on a sphere.
-- Each distinct place in an area counts once. Arrests and sensitive offenses have no public point and are left out.
with place as (
    select distinct r.longitude, r.latitude
    from staging.records as r
    inner join staging.offense_codes as c on r.offense_code = c.code
    where c.tier = 'T0' and not r.is_sealed
),

moved as (
    select
        p.snap,
        12742017.6 * asin(sqrt(
            power(sin(radians(s.latitude - p.latitude) / 2), 2)
            + cos(radians(p.latitude)) * cos(radians(s.latitude)) * power(sin(radians(s.longitude - p.longitude) / 2), 2)
        )) as metres
    from place as d
    inner join places.points as p on d.longitude = p.longitude and d.latitude = p.latitude
    left join places.snap_points as s on p.snap = s.snap
    where p.piece is not null
)

select
    count(*) as n_points,
    count(snap) as n_shown,
    count(*) - count(snap) as n_not_shown,
    round(percentile_cont(0.5) within group (order by metres), 1) as median_m,
    round(percentile_cont(0.9) within group (order by metres), 1) as p90_m,
    round(max(metres), 1) as max_m
from moved
