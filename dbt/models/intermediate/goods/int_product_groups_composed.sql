-- Which goods make up which product group, as listed on the day of this build, in codes that mean the same over
-- time: a code of any revision is in its stable group, or by itself where no bridge between revisions has it.
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

product_groups as (

    {% for group in var('baskets') -%}
    select
        '{{ group.id }}' as product_group,
        '{{ group.list }}' as list_id,
        {{ "'" ~ group.tier ~ "'" if group.tier is defined else 'null' }} as tier,
        {{ "'" ~ group.heading ~ "'" if group.heading is defined else 'null' }} as heading
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    product_groups.product_group,
    goods.goods,
    goods.tier,
    cast(weighed.severity as double) as severity
from product_groups
inner join goods
    on goods.list_id = product_groups.list_id
    and (product_groups.tier is null or goods.tier = product_groups.tier)
    and (product_groups.heading is null or product_groups.heading in (goods.first_heading, goods.last_heading))
inner join weighed on weighed.goods = goods.goods
