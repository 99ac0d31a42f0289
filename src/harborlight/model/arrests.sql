-- One row per row of a source of arrests: day and place, and nothing of the person. Key: none; rows of one arrest may be alike.
-- Rows with one arrest number are one arrest; `counts_arrest` marks the row that stands for it.
-- Age, sex, race, charge and the place as written stay in staging: an arrest is often made at a home, so it has no point either.
with placed as (
    select
        a.source_id,
        a.arrest_id,
        a.arrested_date,
        p.area_id as district_id,
        g.piece
    from staging.arrests as a
    left join staging.places as p
        on p.layer = 'police_district' and p.name_key = lower(trim(a.district_name))
    left join places.points as g on a.longitude = g.longitude and a.latitude = g.latitude
)

select
    d.source_id,
    d.arrest_id,
    d.arrested_date,
    d.district_id,
    d.piece,
    row_number() over (
        partition by d.source_id, d.arrest_id
        order by d.arrested_date nulls last, d.district_id nulls last, d.piece nulls last
    ) = 1 as counts_arrest,
    s.source_id is not null
    and coalesce(d.arrested_date between s.date_from and s.date_to, s.is_only_source) as is_counted
from placed as d
left join staging.supplies as s on d.source_id = s.source_id and s.offense_group = 'arrests'
