-- One row per sentence on a charge.
select
    r."CaseID" as case_id,
    cast(r."ChargeNo" as integer) as charge_seq,
    r."ImposedOn" as imposed_date,
    cast(r."JailDays" as integer) as incarceration_days,
    cast(r."SuspendedDays" as integer) as suspended_days,
    cast(r."ProbationDays" as integer) as probation_days
from raw.sentences as r
