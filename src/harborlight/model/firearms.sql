-- One row per row of a source of firearms: day, place, kind and how police came by it. Key: none; rows of one firearm may be alike.
-- Rows with one number are one firearm; `counts_firearm` marks the row that stands for it.
-- The place as written and its coordinates stay in staging: many firearms are recovered at homes.
with placed as (
    select
        f.source_id,
        f.firearm_id,
        f.recovered_date,
        f.kind_code,
        f.is_privately_made,
        f.reason_code,
        p.area_id as district_id,
        g.piece
    from staging.firearms as f
    left join staging.places as p
        on p.layer = 'police_district' and p.name_key = lower(trim(f.district_name))
    left join places.points as g on f.longitude = g.longitude and f.latitude = g.latitude
)

select
    d.source_id,
    d.firearm_id,
    d.recovered_date,
    coalesce(d.kind_code, 'unknown') as kind_code,
    case when d.is_privately_made then 'yes' when not d.is_privately_made then 'no' else 'unknown' end as privately_made,
    coalesce(d.reason_code, 'unknown') as reason_code,
    d.district_id,
    d.piece,
    row_number() over (
        partition by d.source_id, d.firearm_id
        order by
            d.recovered_date nulls last, d.district_id nulls last, d.piece nulls last, d.kind_code nulls last, d.reason_code nulls last,
            d.is_privately_made nulls last
    ) = 1 as counts_firearm,
    s.source_id is not null
    and coalesce(d.recovered_date between s.date_from and s.date_to, s.is_only_source) as is_counted
from placed as d
left join staging.supplies as s on d.source_id = s.source_id and s.offense_group = 'firearms'
