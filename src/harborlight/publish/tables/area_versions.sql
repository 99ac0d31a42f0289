-- One row per version of a layer: the lines that areas have from one day to another, and how good they are.
select
    lines_ix, layer, version_id, title, valid_from, valid_to, is_current, is_guarded, n_areas, n_repaired, gaps_m2, overlaps_m2, attribution, page, note
from places.versions
order by lines_ix
