-- One row per row of the courts' file. A felony may have two: one of the District Court and one of the Circuit Court.
select
    r."CaseID" as case_id,
    r."CaseNumber" as case_number,
    r."FormerCaseNumber" as earlier_case_number,
    lower(r."Court") as court_code,
    r."FilingDate" as filed_date,
    lower(r."Custody") as pretrial_code,
    r."ComplaintNumber" as incident_id,
    r."ArrestNumber" as arrest_id,
    r."DistrictCaseNumber" as forwarded_from_case_number,
    r."DefendantID" as defendant_key,
    cast(r."AgeAtOffense" as integer) as age_years,
    case r."Sex" when 'F' then 'female' when 'M' then 'male' end as sex_code,
    c.race_code
from raw.cases as r
left join map.races as c on r."Race" = c.race
