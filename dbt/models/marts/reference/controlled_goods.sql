with

controlled_goods as (

    select * from {{ ref('int_controlled_goods_unioned') }}

),

products as (

    select * from {{ ref('products') }}

)

select
    controlled_goods.list_id,
    controlled_goods.product_code,
    controlled_goods.hs_revision,
    controlled_goods.tier,
    controlled_goods.categories,
    controlled_goods.is_partially_exempt,
    controlled_goods.price_above_eur,
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
