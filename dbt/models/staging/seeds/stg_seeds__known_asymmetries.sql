with

asymmetries as (

    select * from {{ source('seeds', 'known_asymmetries') }}

)

select
    asymmetry_id,
    nullif(exporter_iso3, '') as exporter_iso3,
    nullif(importer_iso3, '') as importer_iso3,
    nullif(heading, '') as heading,
    kind,
    explanation,
    source
from asymmetries
