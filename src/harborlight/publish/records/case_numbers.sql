-- One row per number that any case has ever had, with the case as followed: private. A number that two cases share leads nowhere.
with given as (
    select p.followed_case_id as case_id, c.case_number as number_text
    from model.case_parts as p
    inner join staging.cases as c on p.source_id = c.source_id and p.case_id = c.case_id
    union all
    select p.followed_case_id, c.earlier_case_number
    from model.case_parts as p
    inner join staging.cases as c on p.source_id = c.source_id and p.case_id = c.case_id
)

select
    upper(regexp_replace(number_text, $dropped, '', 'g')) as number_key,
    min(case_id) as case_id
from given
where $is_on and number_text is not null and not regexp_matches(upper(number_text), $word)
group by number_key
having count(distinct case_id) = 1
order by number_key
