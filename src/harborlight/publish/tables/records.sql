-- One row per countable record that is not sensitive: what a reader can list and download.
-- Assaults and threats at a home (or at a place not known) appear after 28 days; until then they are in the totals only.
select
    e.counted_date as "date",
    cast(e.occurred_hour as utinyint) as "hour",
    e.offense_code,
    o.name as offense_name,
    e.offense_group,
    e.district_id as police_district,
    e.weapon_code,
    e.source_id,
    e.counting_system,
    e.counts_incident,
    e.counts_offense,
    e.counts_victim,
    e.is_nonfatal_shooting
from model.events as e
inner join metric.offenses as o on e.offense_code = o.code
where
    e.tier = 'T0'
    and e.is_counted
    and not (
        e.offense_group in ('simple_assault', 'aggravated_assault', 'intimidation')
        and coalesce(e.premise_code, 'residence') = 'residence'
        and e.counted_date > $data_through - interval 28 day
    )
order by "date", e.offense_code, police_district, "hour", e.weapon_code, e.source_id, e.record_id
