-- One row per death in the medical examiner's ledger. Key: LedgerNo. Days without hours; noon keeps a day the same in UTC.
select
    r."LedgerNo" as record_id,
    r."ComplaintNo" as incident_id,
    r."InjuredDate" as occurred_date,
    r."District" as district_name,
    r."Manner" as offense_text,
    case r."Manner" when 'Homicide' then '09A' else '09C' end as offense_code,
    case r."Cause" when 'Gunshot' then 'firearm' end as weapon_code,
    r."Cause" = 'Gunshot' as is_gun,
    r."Cause" = 'Gunshot' as is_shooting,
    'person' as victim_type_code,
    cast(r."Age" as integer) as age_years,
    lower(r."Sex") as sex_code,
    'fatal' as injury_code,
    cast(r."DiedDate" as timestamp) + interval 16 hour as died_at,
    cast(r."RuledDate" as timestamp) + interval 16 hour as ruled_at,
    r."Manner" <> 'Homicide' as is_justified
from raw.homicide_ledger as r
