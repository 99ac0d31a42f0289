-- One row per whole year of incidents, police district, offense group and state: how many of them police had cleared, and how many were open.
-- By arrest and exceptionally are one state: a child who is let go without custody is an exceptional clearance. A group has a row of its own
-- where every district had ten or more; the others share one (`other`), of ten or more as well, the same in all districts. Killings are public
-- facts one by one and always have their row.
with edge as (
    select as_of, strftime(as_of, '%Y-%m') as edge_month from metric.outcome_edge
),

every as (
    select cohort_year, police_district, offense_group, cleared_month, n from outcome.clearance_districts
    union all
    select cohort_year, police_district, offense_group, cleared_month, n from sealed.clearance_districts
),

sums as (
    select e.cohort_year, e.police_district, e.offense_group, e.offense_group = 'homicide' as is_homicide, sum(e.n) as n,
        sum(case when e.cleared_month <> 'open' and e.cleared_month <= g.edge_month then e.n else 0 end) as cleared
    from every as e
    cross join edge as g
    where e.cohort_year || '-12' <= g.edge_month
    group by all
    having sum(e.n) <> 0
),

districts as (
    select cohort_year, police_district from sums where not is_homicide group by all having sum(n) >= 10
),

pairs as (
    select d.cohort_year, d.police_district, g.offense_group, coalesce(s.n, 0) as n
    from districts as d
    inner join (
        select distinct s.cohort_year, s.offense_group
        from sums as s
        inner join districts as d on s.cohort_year = d.cohort_year and s.police_district = d.police_district
        where not s.is_homicide
    ) as g on d.cohort_year = g.cohort_year
    left join sums as s
        on d.cohort_year = s.cohort_year and d.police_district = s.police_district and g.offense_group = s.offense_group
),

-- Groups from the smallest up; 0 for those that are too small somewhere.
ranked as (
    select cohort_year, offense_group,
        case when least_n >= 10 then row_number() over (partition by cohort_year, least_n >= 10 order by least_n, offense_group) else 0 end as place
    from (select cohort_year, offense_group, min(n) as least_n from pairs group by all) as m
),

-- What `other` would hold, district by district, if groups up to a place went in: the first place at which nobody has fewer than ten.
folds as (
    select k.cohort_year, k.place
    from (select distinct cohort_year, place from ranked union select distinct cohort_year, 0 as place from ranked) as k
    inner join pairs as p on k.cohort_year = p.cohort_year
    inner join ranked as r on p.cohort_year = r.cohort_year and p.offense_group = r.offense_group
    group by k.cohort_year, k.place, p.police_district
    having coalesce(sum(p.n) filter (where r.place <= k.place), 0) >= 10
        or (k.place = 0 and count(*) filter (where r.place = 0) = 0)
),

chosen as (
    select f.cohort_year, min(f.place) as place
    from (select cohort_year, place, count(*) as n from folds group by all) as f
    inner join (select cohort_year, count(*) as n from districts group by all) as d on f.cohort_year = d.cohort_year and f.n = d.n
    group by f.cohort_year
),

told as (
    select s.cohort_year, s.police_district, case when s.is_homicide or r.place > c.place then s.offense_group else 'other' end as offense_group,
        s.n, s.cleared
    from sums as s
    inner join districts as d on s.cohort_year = d.cohort_year and s.police_district = d.police_district
    inner join chosen as c on s.cohort_year = c.cohort_year
    left join ranked as r on s.cohort_year = r.cohort_year and s.offense_group = r.offense_group
)

select cohort_year, police_district, offense_group, state_code, cast(sum(n) as bigint) as n
from (
    select cohort_year, police_district, offense_group, 'cleared' as state_code, cleared as n from told
    union all
    select cohort_year, police_district, offense_group, 'open' as state_code, n - cleared as n from told
) as t
group by cohort_year, police_district, offense_group, state_code
having sum(n) <> 0
order by cohort_year, police_district, offense_group, state_code
