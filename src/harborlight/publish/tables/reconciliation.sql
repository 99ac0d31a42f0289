-- One row per source and year: accepted rows, those that count in published totals, and all others.
-- The running year is left out: from week to week its differences would tell how many sensitive reports came in.
-- Court records and warrants are left out: by year, their numbers would tell when records were taken out of them.
-- Others are sensitive, unfounded, not yet classified, further rows of one arrest or firearm, or counted from another source for that time.
with accepted_rows as (
    select source_id, counted_date, is_countable and is_counted and tier = 'T0' as is_in_totals
    from model.records
    union all
    select source_id, arrested_date as counted_date, counts_arrest and is_counted as is_in_totals
    from model.arrests
    union all
    select source_id, recovered_date as counted_date, counts_firearm and is_counted as is_in_totals
    from model.firearms
),

counted_rows as (
    select source_id, extract(year from counted_date)::integer as "year", is_in_totals, 1 as n
    from accepted_rows
    union all
    select source_id, "year", false as is_in_totals, n
    from sealed.books
    where part = 'accepted' and source_id in (select source_id from accepted_rows)
)

select
    source_id,
    "year",
    sum(n)::bigint as accepted,
    coalesce(sum(n) filter (where is_in_totals), 0)::bigint as counted,
    coalesce(sum(n) filter (where not is_in_totals), 0)::bigint as other
from counted_rows
where "year" is null or "year" < extract(year from $data_through)
group by all
order by source_id, "year" nulls last
