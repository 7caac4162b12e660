-- Why two honest reports may differ: what stands beside a gap wherever it is shown.
with

asymmetries as (

    select * from {{ ref('stg_seeds__known_asymmetries') }}

)

select
    asymmetry_id,
    exporter_iso3,
    importer_iso3,
    kind,
    explanation,
    source
from asymmetries
