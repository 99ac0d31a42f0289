-- One row per count of residents and group: what tables of groups are divided by.
select id, title, sort, "year", vintage, age_band, sex_code, race_code, ethnicity_code, n, note, attribution, page
from places.people_by_group
order by sort, age_band, sex_code, race_code, ethnicity_code
