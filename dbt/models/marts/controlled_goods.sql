with

controlled_goods as (

    select * from {{ ref('stg_seeds__controlled_goods') }}

),

products as (

    select * from {{ ref('products') }}

)

select
    controlled_goods.list_id,
    controlled_goods.product_code,
    controlled_goods.hs_revision,
    controlled_goods.tier,
    products.name,
    controlled_goods.listed_code,
    controlled_goods.mapping,
    controlled_goods.valid_from,
    controlled_goods.valid_to,
    controlled_goods.source
from controlled_goods
left join products
    on products.product_code = controlled_goods.product_code
    and products.hs_revision = controlled_goods.hs_revision
