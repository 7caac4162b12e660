-- Why two honest reports may differ: shown beside every gap.
with

asymmetries as (

    select * from {{ ref('stg_seeds__known_asymmetries') }}

)

select
    asymmetry_id,
    exporter_iso3,
    importer_iso3,
    heading,
    kind,
    explanation,
    source
from asymmetries
