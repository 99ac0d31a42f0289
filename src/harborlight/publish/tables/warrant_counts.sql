-- One row per closed month, measure and one value of one breakdown: how many warrants. Never two breakdowns at once, and no place, person or offense.
with parts as (
    select "month", measure, 'all' as "by", 'all' as value, n from metric.warrants
    union all
    select "month", measure, 'kind' as "by", kind_code as value, n from metric.warrants
    union all
    select "month", measure, 'holder' as "by", holder_code as value, n from metric.warrants
    union all
    select "month", measure, 'severity' as "by", severity_code as value, n from metric.warrants
    union all
    select "month", measure, 'age' as "by", age_code as value, n from metric.warrants
    where measure = 'open'
),

cells as (
    select m."month", k.measure, p."by", p.value
    from metric.warrant_months as m
    cross join (values ('issued'), ('served'), ('recalled'), ('open')) as k (measure)
    cross join (select distinct "by", value from parts) as p
    where k.measure = 'open' or p."by" <> 'age'
)

select c."month", c.measure, c."by", c.value, cast(coalesce(sum(p.n), 0) as bigint) as n
from cells as c
left join parts as p on c."month" = p."month" and c.measure = p.measure and c."by" = p."by" and c.value = p.value
group by c."month", c.measure, c."by", c.value
order by c."month", c.measure, c."by", c.value
