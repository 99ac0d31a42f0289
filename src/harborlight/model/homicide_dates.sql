-- One row per homicide record: the date that decides which year it counts in. Key: source_id, record_id.
-- A city's rules follow each other in time (ruled, died, injured); the first rule whose own date falls into its stretch decides.
-- A source that has only one of the three dates uses it under every rule.
select
    d.source_id,
    d.record_id,
    min(d.sort) as rule_sort,
    min_by(d.rule_date, d.sort) as counted_date
from (
    select
        r.source_id,
        r.record_id,
        y.sort,
        y.date_from,
        y.date_to,
        case y.rule
            when 'ruled' then coalesce(r.ruled_date, r.died_date, r.occurred_date)
            when 'died' then coalesce(r.died_date, r.occurred_date)
            else r.occurred_date
        end as rule_date
    from staging.records as r
    inner join staging.offense_codes as c on r.offense_code = c.code
    cross join staging.year_rules as y
    where c.offense_group = 'homicide'
) as d
where d.rule_date between d.date_from and d.date_to
group by d.source_id, d.record_id
