with

revisions as (

    select * from {{ ref('int_flows_revised') }} where reporter_is_country and partner_is_country

),

effects as (

    select * from {{ ref('int_alerts_spanned') }} where effect is not null

),

members as (

    select * from {{ ref('int_bloc_members_dated') }}

),

groups as (

    select * from {{ ref('int_products_grouped') }}

),

product_groups as (

    select product_group, goods from {{ ref('int_product_groups_composed') }}

),

-- the goods that a changed code counts for: itself or its group, and its product groups
goods as (

    select revisions.product_code, revisions.hs_revision, coalesce(groups.stable_group_id, revisions.product_code) as goods
    from (select distinct product_code, hs_revision from revisions) as revisions
    left join groups
        on groups.hs_revision = revisions.hs_revision
        and groups.product_code = revisions.product_code

),

widened as (

    select product_code, hs_revision, goods from goods
    union all
    select goods.product_code, goods.hs_revision, product_groups.product_group as goods
    from goods
    inner join product_groups on product_groups.goods = goods.goods

),

-- created counts before cleared
touched as (

    select
        revisions.freq, revisions.flow,
        revisions.period, revisions.reporter, revisions.partner, revisions.product_code, revisions.hs_revision,
        max(effects.effect) as effect
    from (
        select distinct freq, flow, period, reporter, partner, product_code, hs_revision
        from revisions
        where freq = 'M' and flow = 'X'
    ) as revisions
    inner join widened
        on widened.product_code = revisions.product_code
        and widened.hs_revision = revisions.hs_revision
    inner join members
        on members.iso3 = revisions.reporter
        and revisions.period >= members.member_from
        and revisions.period < members.member_to
    inner join effects
        on effects.exporter = members.bloc
        and effects.importer_iso3 = revisions.partner
        and effects.goods = widened.goods
        and revisions.period between effects.entered_on and effects.seen_on
    group by
        revisions.freq, revisions.flow,
        revisions.period, revisions.reporter, revisions.partner, revisions.product_code, revisions.hs_revision

),

judged as (

    select
        revisions.*,
        coalesce(touched.effect, 'none') as effect
    from revisions
    left join touched
        on touched.freq = revisions.freq
        and touched.flow = revisions.flow
        and touched.period = revisions.period
        and touched.reporter = revisions.reporter
        and touched.partner = revisions.partner
        and touched.product_code = revisions.product_code
        and touched.hs_revision = revisions.hs_revision

)

select
    source_name,
    freq,
    period,
    reporter as reporter_iso3,
    partner as partner_iso3,
    flow,
    product_code,
    product_level,
    hs_revision,
    kind,
    new_product_code,
    old_valid_from,
    new_valid_from,
    old_valid_from as old_said_from,
    new_valid_from as new_said_from,
    old_value_usd,
    new_value_usd,
    case when kind <> 'reclassified' then coalesce(new_value_usd, 0) - coalesce(old_value_usd, 0) else 0 end
        as change_usd,
    case when kind = 'revised' then (new_value_usd - old_value_usd) / nullif(old_value_usd, 0) end as change_share,
    case
        when kind = 'reclassified' then old_value_usd > {{ var('revision_material_usd') }}
        when kind = 'revised'
            then abs(new_value_usd - old_value_usd) > {{ var('revision_material_usd') }}
                or coalesce(
                    abs(new_value_usd - old_value_usd) > {{ var('revision_material_share') }} * abs(old_value_usd), false
                )
        else coalesce(new_value_usd, old_value_usd) > {{ var('revision_material_usd') }}
    end as is_material,
    effect as alert_effect
from judged
