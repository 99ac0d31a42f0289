-- One row per charge. Statutes and dispositions are mapped in statutes.csv and dispositions.csv; words that are not there stay unclassified.
select
    r."CaseID" as case_id,
    cast(r."ChargeNo" as integer) as charge_seq,
    r."Statute" as statute_text,
    s.offense_code,
    case r."Class" when 'F' then 'felony' when 'M' then 'misdemeanor' end as severity_code,
    case when r."Disposition" is not null then coalesce(d.disposition_code, 'unclassified') end as disposition_code,
    r."DispositionDate" as disposed_date
from raw.charges as r
left join map.statutes as s on r."Statute" = s.statute
left join map.dispositions as d on r."Disposition" = d.disposition
