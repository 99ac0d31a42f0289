-- One row per staged court case: which followed case it belongs to. Key: case_id.
-- A case that a court moved to another system stands in it twice, under its older and its newer number; the older row is no longer kept up,
-- so its charges are not read. A felony begins in District Court and goes on in Circuit Court under a number of its own: both are one case,
-- keyed by the first. Numbers are compared as written.
with once as (
    select s.*
    from (
        select c.*, row_number() over (partition by c.case_id order by c.source_id) as place
        from staging.cases as c
    ) as s
    where s.place = 1
),

older as (
    select n.case_id, min(o.case_id) as older_case_id
    from once as n
    inner join once as o on n.earlier_case_number = o.case_number and n.court_code = o.court_code
    where n.case_id <> o.case_id and coalesce(o.earlier_case_number, '') <> n.case_number
    group by n.case_id
),

own as (
    select
        c.source_id,
        c.case_id,
        c.case_number,
        c.earlier_case_number,
        c.court_code,
        c.filed_date,
        c.forwarded_from_case_number,
        coalesce(b.older_case_id, a.older_case_id, c.case_id) as own_case_id,
        s.older_case_id is not null as is_superseded
    from once as c
    left join older as a on c.case_id = a.case_id
    left join older as b on a.older_case_id = b.case_id
    left join (select distinct older_case_id from older) as s on c.case_id = s.older_case_id
),

numbers as (
    select own_case_id, case_number as "number"
    from own
    where court_code = 'district'
    union
    select own_case_id, earlier_case_number as "number"
    from own
    where court_code = 'district'
),

taken as (
    select c.own_case_id, min(n.own_case_id) as from_case_id, min(c.filed_date) as filed_date
    from own as c
    inner join numbers as n on c.forwarded_from_case_number = n."number"
    where c.court_code <> 'district' and c.own_case_id <> n.own_case_id
    group by c.own_case_id
),

given as (
    select from_case_id, min(filed_date) as taken_over_date
    from taken
    group by from_case_id
)

select
    o.source_id,
    o.case_id,
    coalesce(t.from_case_id, o.own_case_id) as followed_case_id,
    o.case_number,
    o.earlier_case_number,
    o.court_code,
    o.filed_date,
    o.is_superseded,
    t.from_case_id is not null as is_later,
    g.from_case_id is not null as is_taken_over,
    g.taken_over_date
from own as o
left join taken as t on o.own_case_id = t.own_case_id
left join given as g on o.own_case_id = g.from_case_id
