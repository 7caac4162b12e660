-- Each pair of neighbours is once in the seed and twice here: the goods go both ways.
with

land_borders as (

    select * from {{ source('seeds', 'land_borders') }}

)

select iso3 as exporter_iso3, neighbour_iso3 as importer_iso3, source from land_borders
union all
select neighbour_iso3 as exporter_iso3, iso3 as importer_iso3, source from land_borders
