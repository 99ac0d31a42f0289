-- One row per row of the arrests feed. Rows with one arrest number are one arrest; a row without a number is its own.
-- Charges are free text: those that say which offense it was are mapped in charges.csv.
select
    coalesce(r."ArrestNumber", 'row ' || r."RowID") as arrest_id,
    r."CaseNumber" as incident_id,
    r."ArrestDateTime" as arrested_at,
    r."District" as district_name,
    case when r."Latitude" is not null then r."Longitude" end as longitude,
    case when r."Longitude" is not null then r."Latitude" end as latitude,
    r."Location" as location_text,
    case when r."Decision" in ('Charged', 'Declined', 'Released', 'Diverted') then lower(r."Decision") end as charging_decision_code,
    r."DecisionDate" as decided_date,
    r."Charge" as offense_text,
    h.offense_code,
    cast(r."Age" as integer) as age_years,
    case r."Sex" when 'F' then 'female' when 'M' then 'male' end as sex_code,
    c.race_code
from raw.arrests as r
left join map.charges as h on r."Charge" = h.charge
left join map.races as c on r."Race" = c.race
