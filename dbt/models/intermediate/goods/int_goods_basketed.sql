-- Which goods make up which product group, as listed on the day of this build, in codes that mean the same over
-- time: a code of any revision stands in its stable group, or for itself where no bridge between revisions knows it.
-- In a group of several tiers the best one counts, so that the tiers of a list add up to the list.
with

listed as (

    select * from {{ ref('int_controlled_goods_unioned') }}

),

groups as (

    select * from {{ ref('int_products_grouped') }}

),

builds as (

    select known_on from {{ ref('int_builds_described') }}

),

goods as (

    select
        listed.list_id,
        coalesce(groups.stable_group_id, listed.product_code) as goods,
        min(listed.tier) as tier,
        min(left(listed.listed_code, 4)) as first_heading,
        max(left(listed.listed_code, 4)) as last_heading
    from listed
    cross join builds
    left join groups
        on groups.hs_revision = listed.hs_revision
        and groups.product_code = listed.product_code
    where listed.valid_from <= builds.known_on
        and coalesce(listed.valid_to >= builds.known_on, true)
    group by listed.list_id, coalesce(groups.stable_group_id, listed.product_code)

),

-- a good is as grave as the gravest of its listings
weighed as (

    select
        goods,
        max(case
            {% for tier, severity in var('severity_of_tiers').items() -%}
            when tier = '{{ tier }}' then {{ severity }}
            {% endfor -%}
            {% for list, severity in var('severity_of_lists').items() -%}
            when list_id = '{{ list }}' then {{ severity }}
            {% endfor -%}
            else {{ var('severity_other') }}
        end) as severity
    from goods
    group by goods

),

baskets as (

    {% for basket in var('baskets') -%}
    select
        '{{ basket.id }}' as basket_id,
        '{{ basket.list }}' as list_id,
        {{ "'" ~ basket.tier ~ "'" if basket.tier is defined else 'null' }} as tier,
        {{ "'" ~ basket.heading ~ "'" if basket.heading is defined else 'null' }} as heading
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    baskets.basket_id,
    goods.goods,
    goods.tier,
    cast(weighed.severity as double) as severity
from baskets
inner join goods
    on goods.list_id = baskets.list_id
    and (baskets.tier is null or goods.tier = baskets.tier)
    and (baskets.heading is null or baskets.heading in (goods.first_heading, goods.last_heading))
inner join weighed on weighed.goods = goods.goods
