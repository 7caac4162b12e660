with

controlled_goods as (

    select * from {{ source('seeds', 'controlled_goods') }}

)

select
    list_id,
    product_code,
    hs_revision,
    tier,
    cast(valid_from as date) as valid_from,
    cast(valid_to as date) as valid_to,
    listed_code,
    mapping,
    source
from controlled_goods
