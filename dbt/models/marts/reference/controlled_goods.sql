-- A code on a list is published as it stands, and with it whether the loaded data can be screened for it: every revision
-- that codes of six digits were reported in must have it, by its list or by a bridge (METHODS check 17). Only revisions
-- that are bridged count, and newer ones; older data can be screened by codes that did not change.
with

controlled_goods as (

    select * from {{ ref('int_controlled_goods_unioned') }}

),

products as (

    select * from {{ ref('products') }}

),

loaded_revisions as (

    select distinct hs_revision
    from {{ ref('int_reports_ranked') }}
    where product_level = 6 and is_used and hs_revision >= '{{ var("grouped_revisions") | last }}'

),

-- the older codes that a list itself names
mapped as (

    select distinct list_id, listed_code, hs_revision from controlled_goods where mapping in ('same', 'ancestor')

),

bridged as (

    select distinct revision_from, code_from, revision_to from {{ ref('int_products_bridged') }}

),

unbridged as (

    select distinct listed.list_id, listed.product_code, listed.hs_revision
    from controlled_goods as listed
    inner join loaded_revisions on loaded_revisions.hs_revision <> listed.hs_revision
    left join mapped
        on mapped.list_id = listed.list_id
        and mapped.hs_revision = loaded_revisions.hs_revision
        and ' ' || mapped.listed_code || ' ' like '% ' || listed.product_code || ' %'
    left join bridged
        on bridged.revision_from = listed.hs_revision
        and bridged.code_from = listed.product_code
        and bridged.revision_to = loaded_revisions.hs_revision
    where listed.mapping in ('exact', 'heading', 'part') and mapped.list_id is null and bridged.code_from is null

)

select
    controlled_goods.list_id,
    controlled_goods.destination_iso3,
    controlled_goods.product_code,
    controlled_goods.hs_revision,
    controlled_goods.tier,
    controlled_goods.annex,
    controlled_goods.categories,
    controlled_goods.is_partially_exempt,
    controlled_goods.price_above_eur,
    products.name,
    controlled_goods.listed_code,
    controlled_goods.mapping,
    unbridged.list_id is null as is_bridged,
    controlled_goods.valid_from,
    controlled_goods.valid_to,
    controlled_goods.source
from controlled_goods
left join products
    on products.product_code = controlled_goods.product_code
    and products.hs_revision = controlled_goods.hs_revision
left join unbridged
    on unbridged.list_id = controlled_goods.list_id
    and unbridged.product_code = controlled_goods.product_code
    and unbridged.hs_revision = controlled_goods.hs_revision
