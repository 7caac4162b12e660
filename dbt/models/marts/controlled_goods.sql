-- Every list in each revision it is written in, and in the groups in which two revisions are compared: a group that
-- holds a listed code of the newest revision is listed, and holds other goods as well where it is more than a code.
with

listed as (

    select * from {{ ref('stg_seeds__controlled_goods') }}

),

groups as (

    select * from {{ ref('int_products_grouped') }}

),

controlled_goods as (

    select list_id, product_code, hs_revision, tier, valid_from, valid_to, listed_code, mapping, source from listed
    union all
    select
        listed.list_id,
        groups.stable_group_id as product_code,
        'mixed' as hs_revision,
        min(listed.tier) as tier,
        listed.valid_from,
        max(listed.valid_to) as valid_to,
        min(listed.listed_code) as listed_code,
        case when left(groups.stable_group_id, 1) = 'G' then 'group' else 'same' end as mapping,
        min(listed.source) as source
    from listed
    inner join groups
        on groups.hs_revision = listed.hs_revision
        and groups.product_code = listed.product_code
    where listed.mapping = 'exact'
    group by listed.list_id, groups.stable_group_id, listed.valid_from

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
