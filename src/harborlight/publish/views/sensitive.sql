-- One row per sensitive group of offenses and closed period. A view of groups: the tables of offenses that tell nobody apart.
select
    o.offense_group,
    o.group_title,
    g.grain,
    g.period,
    g.n,
    g.is_hidden,
    g.note
from groups as g
inner join (select distinct offense_group, group_title from offenses where tier = 'T1') as o on g.table_id = 'offenses_' || o.offense_group
order by o.offense_group, g.period
