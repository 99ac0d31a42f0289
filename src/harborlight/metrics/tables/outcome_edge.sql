-- One row: the last day of the last full month that reports, arrests and courts have all reached. Outcomes are told as of that day.
select
    cast(date_trunc('month', least($data_through, coalesce(c.last_date, $data_through), coalesce(a.last_date, $data_through)) + 1) as date) - 1 as as_of
from (select max(greatest(filed_date, coalesce(disposed_date, filed_date))) as last_date from model.court_cases) as c
cross join (select max(arrested_date) as last_date from model.arrests) as a
