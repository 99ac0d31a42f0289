-- One row per source: what was fetched and what became of it. fetched = accepted + rejected + duplicate.
-- Accepted rows are given to the nearest hundred, and fetched ones as the sum: less what totals count, they would otherwise tell how many
-- sensitive reports came in.
with rounded as (
    select
        *,
        case when accepted > 0 then greatest((accepted + 50) // 100 * 100, 100) else 0 end as nearly_accepted
    from staging.sources
)

select
    s.source_id,
    s.snapshot_id,
    s.counting_system,
    s.nearly_accepted + s.rejected + s.duplicate as fetched,
    s.nearly_accepted as accepted,
    s.rejected,
    s.duplicate,
    s.conflicting,
    s.corrected,
    s.fetched_on,
    least(d.data_from, e.first_day) as data_from,
    greatest(d.data_through, e.last_day) as data_through
from rounded as s
left join (
    select source_id, min(occurred_date) as data_from, max(occurred_date) as data_through
    from model.records
    group by source_id
    union all
    select source_id, min(arrested_date) as data_from, max(arrested_date) as data_through
    from model.arrests
    group by source_id
    union all
    select source_id, min(recovered_date) as data_from, max(recovered_date) as data_through
    from model.firearms
    group by source_id
    union all
    select source_id, min(filed_date) as data_from, max(filed_date) as data_through
    from model.case_parts
    group by source_id
    union all
    select source_id, min(disposed_date) as data_from, max(disposed_date) as data_through
    from model.charges
    group by source_id
    union all
    select source_id, min(imposed_date) as data_from, max(imposed_date) as data_through
    from model.sentences
    group by source_id
    union all
    select source_id, min(issued_date) as data_from, max(issued_date) as data_through
    from model.warrants
    group by source_id
) as d on s.source_id = d.source_id
left join (
    select source_id, min(cast(reason as date)) as first_day, max(cast(reason as date)) as last_day
    from sealed.books
    where part = 'edge'
    group by source_id
) as e on s.source_id = e.source_id
order by s.source_id
