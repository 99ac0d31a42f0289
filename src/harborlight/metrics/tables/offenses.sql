-- One row per NIBRS offense code, numbered as the packed table numbers it; group_ix numbers its group.
select
    cast(row_number() over (order by cast(c.sort as integer), c.code) - 1 as utinyint) as ix,
    cast(dense_rank() over (order by g.group_sort, c.offense_group) - 1 as utinyint) as group_ix,
    c.code,
    c.name,
    c.offense_group,
    c.group_title,
    c.nibrs_group,
    c.crime_against,
    c.part1_class,
    c.counts_once_per,
    c.tier
from staging.offense_codes as c
inner join (
    select offense_group, min(cast(sort as integer)) as group_sort
    from staging.offense_codes
    group by offense_group
) as g on c.offense_group = g.offense_group
order by ix
