-- One row per piece of water or street that the map draws below the areas.
select name, kind, geometry from places.basemap
order by name, kind, geometry
