-- One row per month that the records of warrants cover from its first day to its last: from the first warrant on, to the last month that is over.
with digits as (
    select v.d from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as v (d)
),

days as (
    select w.source_id, w.issued_date as said_date from model.warrants as w
    union all
    select w.source_id, w.served_date as said_date from model.warrants as w
    union all
    select w.source_id, w.recalled_date as said_date from model.warrants as w
),

span as (
    select
        (select min(issued_date) from model.warrants where counts_warrant and is_counted) as first_date,
        date_trunc('month', max(least(d.said_date, coalesce(p.date_to, d.said_date))) + interval 1 day) as open_month
    from days as d
    inner join staging.sources as s on d.source_id = s.source_id
    inner join staging.supplies as p on d.source_id = p.source_id and p.offense_group = 'warrants'
    where d.said_date <= s.fetched_on
),

numbers as (
    select a.d * 100 + b.d * 10 + c.d as n
    from digits as a
    cross join digits as b
    cross join digits as c
),

months as (
    select
        make_date(cast(extract(year from s.first_date) + (extract(month from s.first_date) - 1 + n.n) // 12 as integer),
            cast((extract(month from s.first_date) - 1 + n.n) % 12 + 1 as integer), 1) as first_day,
        s.open_month
    from span as s
    cross join numbers as n
    where s.first_date is not null
)

select strftime(first_day, '%Y-%m') as "month", first_day, last_day(first_day) as last_day
from months
where first_day < open_month
order by first_day
