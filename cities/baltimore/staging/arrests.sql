-- One row per row of the file. Rows with one arrest number are one arrest; a row without a number is its own.
-- Coordinates of 0.0 mean none. The file has no time of day and no NIBRS codes.
select
    coalesce(r."ArrestNumb", 'row ' || cast(r."RowID" as varchar)) as arrest_id,
    r."ArrestDate" as arrested_date,
    r."District" as district_name,
    nullif(r."Longitude", 0) as longitude,
    nullif(r."Latitude", 0) as latitude,
    r."ArrestLoca" as location_text,
    concat_ws(' ', r."Charge", r."ChargeDesc") as offense_text,
    r."Age" as age_years,
    sexes.code as sex_code,
    case r."Race"
        when 'A' then 'asian'
        when 'B' then 'black'
        when 'I' then 'american_indian'
        when 'U' then 'unknown'
        when 'W' then 'white'
    end as race_code
from raw.arrests as r
left join map.victim_words as sexes on sexes.kind = 'sex' and sexes.stated = r."Gender"
