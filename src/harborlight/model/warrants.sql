-- One row per row of a source of warrants. Key: none; rows of one warrant may be alike.
-- Rows with one number are one warrant; `counts_warrant` marks the row that stands for it. It is open on a day from `open_from` on and before
-- `open_to`, the day on which it was served or recalled. Only counts leave: a warrant file is closed by law.
select
    w.source_id,
    w.warrant_id,
    coalesce(w.kind_code, 'unknown') as kind_code,
    coalesce(w.holder_code, 'unknown') as holder_code,
    w.issued_date,
    w.served_date,
    w.recalled_date,
    c.code as offense_code,
    c.offense_group,
    coalesce(c.tier, 'T1') as tier,
    coalesce(w.severity_code, 'unknown') as severity_code,
    w.issued_date as open_from,
    case
        when coalesce(w.served_date, w.recalled_date) < w.issued_date then w.issued_date
        when w.recalled_date < w.served_date then w.recalled_date
        else coalesce(w.served_date, w.recalled_date)
    end as open_to,
    row_number() over (
        partition by w.source_id, w.warrant_id
        order by
            w.issued_date nulls last, w.served_date nulls last, w.recalled_date nulls last, w.kind_code nulls last, w.holder_code nulls last,
            w.severity_code nulls last, w.offense_code nulls last
    ) = 1 as counts_warrant,
    s.source_id is not null
    and coalesce(w.issued_date between s.date_from and s.date_to, s.is_only_source) as is_counted
from staging.warrants as w
left join staging.offense_codes as c on w.offense_code = c.code
left join staging.supplies as s on w.source_id = s.source_id and s.offense_group = 'warrants'
