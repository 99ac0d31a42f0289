-- One row per killing, justified or not: the day it counts on under each rule, and under the city's own. Key: source_id, record_id.
-- A city's rules follow each other in time (ruled, died, injured); the first rule whose own date falls into its stretch decides.
-- A source that has only one of the three dates uses it under every rule.
with dated as (
    select
        r.source_id,
        r.record_id,
        r.occurred_date as injured_date,
        coalesce(r.died_date, r.occurred_date) as died_date,
        coalesce(r.ruled_date, r.died_date, r.occurred_date) as ruled_date
    from staging.records as r
    inner join staging.offense_codes as c on r.offense_code = c.code
    where c.offense_group in ('homicide', 'justifiable_homicide')
),

official as (
    select
        d.source_id,
        d.record_id,
        min(d.sort) as rule_sort,
        min_by(d.rule_date, d.sort) as counted_date
    from (
        select
            s.source_id,
            s.record_id,
            y.sort,
            y.date_from,
            y.date_to,
            case y.rule when 'ruled' then s.ruled_date when 'died' then s.died_date else s.injured_date end as rule_date
        from dated as s
        cross join staging.year_rules as y
    ) as d
    where d.rule_date between d.date_from and d.date_to
    group by d.source_id, d.record_id
)

select
    d.source_id,
    d.record_id,
    o.rule_sort,
    coalesce(o.counted_date, d.injured_date) as counted_date,
    d.injured_date,
    d.died_date,
    d.ruled_date
from dated as d
left join official as o on d.source_id = o.source_id and d.record_id = o.record_id
