-- One row per row of the warrants feed. Rows with one number are one warrant.
select
    r."WarrantNumber" as warrant_id,
    lower(r."Type") as kind_code,
    lower(r."Holder") as holder_code,
    r."Issued" as issued_date,
    r."Served" as served_date,
    r."Recalled" as recalled_date,
    r."NIBRSCode" as offense_code,
    case r."Class" when 'F' then 'felony' when 'M' then 'misdemeanor' end as severity_code
from raw.warrants as r
