with

published_claims as (

    select * from {{ source('seeds', 'published_claims') }}

)

select
    claim_id,
    cast(claim_order as integer) as claim_order,
    kind,
    cast(article_statement as integer) as article_statement,
    statement,
    source,
    source_url,
    cast(published_on as date) as published_on,
    exporter,
    importer,
    products,
    flow_side,
    measure,
    currency,
    cast(period_from as date) as period_from,
    cast(period_to as date) as period_to,
    cast(base_from as date) as base_from,
    cast(base_to as date) as base_to,
    base_exporter,
    base_importer,
    base_flow_side,
    cast(published_value as double) as published_value,
    unit,
    cast(tolerance_low as double) as tolerance_low,
    cast(tolerance_high as double) as tolerance_high,
    definition,
    variant_of,
    lacking,
    finding,
    nearest_claims,
    cast(checked_on as date) as checked_on,
    cast(was_reproduced as boolean) as was_reproduced
from published_claims
