-- Goods on lists, from the seeds and from files, in each revision they are listed in, and
-- in the groups in which two revisions are compared: a group that holds a listed code is listed, and holds
-- other goods as well where it is more than a code. Products and lists read it from here.
with

decided as (

    select * from {{ ref('stg_seeds__controlled_goods') }}

),

regulated as (

    select * from {{ ref('int_regulated_goods_spanned') }}

),

sanctioned as (

    select * from {{ ref('stg_openicpsr__goods') }} where is_sanctioned

),

groups as (

    select * from {{ ref('int_products_grouped') }}

),

listed as (

    select
        list_id,
        '*' as destination_iso3,
        product_code,
        hs_revision,
        tier,
        cast(null as {{ dbt.type_string() }}) as annex,
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
        'RUS' as destination_iso3,
        product_code,
        hs_revision,
        null as tier,
        null as annex,
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
    union all
    select
        list_id,
        destination_iso3,
        product_code,
        hs_revision,
        null as tier,
        annex,
        null as categories,
        is_partially_exempt,
        cast(null as double) as price_above_eur,
        listed_code,
        mapping,
        valid_from,
        valid_to,
        source
    from regulated

)

select * from listed
union all
select
    listed.list_id,
    listed.destination_iso3,
    groups.stable_group_id as product_code,
    'mixed' as hs_revision,
    min(listed.tier) as tier,
    min(listed.annex) as annex,
    min(listed.categories) as categories,
    min(listed.is_partially_exempt) as is_partially_exempt,
    min(listed.price_above_eur) as price_above_eur,
    min(listed.listed_code) as listed_code,
    case when left(groups.stable_group_id, 1) = 'G' then 'group' else 'same' end as mapping,
    listed.valid_from,
    max(listed.valid_to) as valid_to,
    min(listed.source) as source
from listed
inner join groups
    on groups.hs_revision = listed.hs_revision
    and groups.product_code = listed.product_code
where listed.mapping in ('exact', 'heading', 'part')
group by listed.list_id, listed.destination_iso3, groups.stable_group_id, listed.valid_from
