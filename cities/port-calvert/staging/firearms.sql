-- One row per row of the firearms feed. Rows with one property tag are one firearm.
select
    r."PropertyTag" as firearm_id,
    r."RecoveredAt" as recovered_at,
    r."District" as district_name,
    case when r."Latitude" is not null then r."Longitude" end as longitude,
    case when r."Longitude" is not null then r."Latitude" end as latitude,
    r."Location" as location_text,
    lower(r."FirearmType") as kind_code,
    r."PrivatelyMade" as is_privately_made,
    case r."HowRecovered"
        when 'Arrest' then 'arrest'
        when 'Vehicle or street stop' then 'stop'
        when 'Search warrant' then 'search_warrant'
        when 'Crime scene' then 'crime_scene'
        when 'Found' then 'found'
        when 'Turned in' then 'handed_in'
        when 'Other' then 'other'
    end as reason_code
from raw.firearms as r
