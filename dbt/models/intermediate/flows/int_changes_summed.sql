{{ config(materialized='table', event_time='') }}  -- a revision of any year is news
-- By how much later releases moved a month's exports of a bloc to a transit country, good by good: what is published now
-- less what was published first. Of codes of six digits and of totals; product groups with their goods.
with

revisions as (

    select * from {{ ref('int_flows_revised') }}
    where freq = 'M' and flow = 'X' and product_level in (0, 6) and reporter_is_country and partner_is_country

),

members as (

    select * from {{ ref('int_bloc_members_dated') }}

),

countries as (

    select iso3 from {{ ref('stg_seeds__countries') }} where role = 'transit'

),

groups as (

    select * from {{ ref('int_products_grouped') }}

),

product_groups as (

    select product_group, goods from {{ ref('int_product_groups_composed') }}

),

-- what moved from one code to another is subtracted from the one and added to the other
moved as (

    select
        period, reporter, partner, product_code, hs_revision,
        case when kind = 'reclassified' then 0 else coalesce(new_value_usd, 0) end - coalesce(old_value_usd, 0)
            as change_usd
    from revisions
    union all
    select period, reporter, partner, new_product_code as product_code, hs_revision, new_value_usd as change_usd
    from revisions
    where kind = 'reclassified'

),

changes as (

    select
        moved.period,
        members.bloc as exporter,
        moved.partner as importer_iso3,
        coalesce(groups.stable_group_id, moved.product_code) as goods,
        moved.change_usd
    from moved
    inner join countries on countries.iso3 = moved.partner
    inner join members
        on members.iso3 = moved.reporter
        and moved.period >= members.member_from
        and moved.period < members.member_to
    left join groups
        on groups.hs_revision = moved.hs_revision
        and groups.product_code = moved.product_code

),

widened as (

    select period, exporter, importer_iso3, goods, change_usd from changes
    union all
    select changes.period, changes.exporter, changes.importer_iso3, product_groups.product_group as goods, changes.change_usd
    from changes
    inner join product_groups on product_groups.goods = changes.goods

)

select
    period,
    exporter,
    importer_iso3,
    goods,
    {{ exact_sum('change_usd') }} as change_usd
from widened
group by period, exporter, importer_iso3, goods
having {{ exact_sum('change_usd') }} <> 0
