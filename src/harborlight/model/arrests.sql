-- One row per row of a source of arrests: day, place and what is known of the person. Key: none; rows of one arrest may be alike.
-- Rows with one arrest number are one arrest; `counts_arrest` marks the row that stands for it.
-- Age, sex and race leave this table in the fixed tables of groups only. The charge and the place as written stay in staging: an
-- arrest is often made at a home, so it has no point either.
with placed as (
    select
        a.source_id,
        a.arrest_id,
        a.arrested_date,
        a.age_years,
        a.sex_code,
        a.race_code,
        a.ethnicity_code,
        coalesce(a.is_sealed, false) as is_sealed,
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
        order by d.arrested_date nulls last, d.district_id nulls last, d.piece nulls last, d.age_years nulls last, d.sex_code nulls last, d.race_code nulls last
    ) = 1 as counts_arrest,
    d.age_years,
    d.age_years < 18 as is_child,
    case
        when d.age_years < 10 then '0-9'
        when d.age_years < 18 then '10-17'
        when d.age_years < 25 then '18-24'
        when d.age_years < 35 then '25-34'
        when d.age_years < 45 then '35-44'
        when d.age_years < 55 then '45-54'
        when d.age_years < 65 then '55-64'
        when d.age_years >= 65 then '65+'
        else 'unknown'
    end as age_band,
    case when d.sex_code in ('female', 'male') then d.sex_code else 'unknown' end as sex_code,
    case
        when d.race_code in ('white', 'black', 'asian', 'american_indian', 'pacific_islander', 'hispanic', 'other') then d.race_code
        else 'unknown'
    end as race_code,
    case when d.ethnicity_code in ('hispanic', 'not_hispanic', 'other') then d.ethnicity_code else 'unknown' end as ethnicity_code,
    d.is_sealed,
    s.source_id is not null
    and coalesce(d.arrested_date between s.date_from and s.date_to, s.is_only_source) as is_counted
from placed as d
left join staging.supplies as s on d.source_id = s.source_id and s.offense_group = 'arrests'
