-- One row per total that somebody else has published. Key: source_id, metric, year, vintage.
-- A reason explains the difference that it was written for; where it names one and the difference is another, it explains nothing.
-- A difference without a reason stands since the day on which the total was read, or since the release in which it arose.
select
    t.source_id,
    t."source",
    t.publisher,
    t.page,
    t.metric,
    t."year",
    t.vintage,
    t."rule",
    t.counts,
    t.published_on,
    t.read_on,
    t.theirs,
    t.ours,
    t.ours_rule,
    t.ours_missing,
    t.difference,
    t.state,
    t.reason,
    t.note,
    case
        when t.state <> 'unexplained' then null
        when e.source_id is null then least(t.read_on, cast($today as date))
        when e.state = 'unexplained' and e.difference = t.difference then e.differs_since
        else cast($today as date)
    end as differs_since
from (
    select
        s.*,
        c.n as ours,
        case when c.period is null then 'The record of this site does not hold this year.' else c.missing end as ours_missing,
        case when c.missing is null then c.n - s.theirs end as difference,
        case
            when c.n is null or c.missing is not null then 'not_compared'
            when c.n = s.theirs then 'equal'
            when s.reason is not null and coalesce(s.explains, c.n - s.theirs) = c.n - s.theirs then 'explained'
            else 'unexplained'
        end as state
    from stated as s
    left join counts as c on s.metric = c.metric and c.grain = 'year' and c.area_id = 'city' and cast(s."year" as varchar) = c.period
) as t
left join earlier as e on t.source_id = e.source_id and t.metric = e.metric and t."year" = e."year" and t.vintage = e.vintage
order by t.metric, t."year", t.source_id, t.vintage
