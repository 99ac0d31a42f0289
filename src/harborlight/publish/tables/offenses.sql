-- One row per NIBRS offense code.
select ix, group_ix, code, name, offense_group, group_title, nibrs_group, crime_against, part1_class, counts_once_per, tier
from metric.offenses
order by ix
