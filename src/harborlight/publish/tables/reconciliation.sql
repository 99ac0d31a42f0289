-- One row per source and year: accepted rows, those that count in published totals, and all others.
-- The running year is left out: from week to week its differences would tell how many sensitive reports came in.
-- Others are sensitive, unfounded, not yet classified, or counted from another source for that time.
select
    source_id,
    extract(year from counted_date)::integer as "year",
    count(*)::bigint as accepted,
    count(*) filter (where is_countable and is_counted and tier = 'T0')::bigint as counted,
    count(*) filter (where not (is_countable and is_counted and tier = 'T0'))::bigint as other
from model.records
where counted_date is null or extract(year from counted_date) < extract(year from $data_through)
group by all
order by source_id, "year" nulls last
