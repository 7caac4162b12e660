with

cif_margins as (

    select * from {{ source('seeds', 'cif_margins') }}

)

select
    exporter_iso3,
    importer_iso3,
    product_chapter,
    cast(year_from as integer) as year_from,
    cast(year_to as integer) as year_to,
    cast(margin_low as double) as margin_low,
    cast(margin_mid as double) as margin_mid,
    cast(margin_high as double) as margin_high,
    method,
    source
from cif_margins
