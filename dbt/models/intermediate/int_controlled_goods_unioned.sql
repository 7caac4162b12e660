-- What a person wrote down (seeds) and what a file says, side by side. Products and lists read it from here.
with

decided as (

    select * from {{ ref('stg_seeds__controlled_goods') }}

),

sanctioned as (

    select * from {{ ref('stg_openicpsr__goods') }} where is_sanctioned

)

select
    list_id,
    product_code,
    hs_revision,
    tier,
    cast(null as {{ dbt.type_string() }}) as categories,
    cast(null as boolean) as is_partially_exempt,
    cast(null as double) as price_above_eur,
    listed_code,
    mapping,
    valid_from,
    valid_to,
    source
from decided
union all
select
    'EU_833_2014' as list_id,
    product_code,
    hs_revision,
    null as tier,
    categories,
    is_partially_exempt,
    price_above_eur,
    product_code as listed_code,
    'exact' as mapping,
    sanctioned_on as valid_from,
    cast(null as date) as valid_to,
    'openICPSR 229004 (CC BY 4.0), coded from Regulation (EU) No 833/2014 and its amendments to 25 February 2023'
        as source
from sanctioned
