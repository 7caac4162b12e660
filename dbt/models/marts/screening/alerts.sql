-- When a bloc's exports to a transit country rose far above their baseline, and when they came back, each with its cause:
--   revision     as first published, the figures did not raise the alert (or its end)
--   code_change  a group of codes whose members reported it in another HS revision from the very month it began
--   list_change  of a product group: most of the excess is of goods that were put on the list afterwards, when others
--                were on it already
--   new_data     none of these: it came with the figures of a new month
with

spans as (

    select * from {{ ref('int_alerts_spanned') }}

),

now as (

    select * from spans where values_as = 'now'

),

changed as (

    select distinct exporter, importer_iso3, goods from {{ ref('int_changes_summed') }}

),

-- the span as it was with first figures, where there was one
first_spans as (

    select
        now.exporter,
        now.importer_iso3,
        now.goods,
        now.entered_on,
        max(first.left_on) as first_left_on
    from now
    left join spans as first
        on first.values_as = 'first'
        and first.exporter = now.exporter
        and first.importer_iso3 = now.importer_iso3
        and first.goods = now.goods
        and first.entered_on <= coalesce(now.left_on, cast('9999-12-31' as date))
        and coalesce(first.left_on, cast('9999-12-31' as date)) >= now.entered_on
    group by now.exporter, now.importer_iso3, now.goods, now.entered_on

),

excesses as (

    select * from {{ ref('int_excesses_estimated') }}
    where exporter_kind = 'bloc' and importer_role = 'transit' and baseline_kind = 'default'

),

held as (

    select
        now.exporter,
        now.importer_iso3,
        now.goods,
        now.entered_on,
        count(*) * case now.freq when 'A' then 12 else 1 end as months,
        max(excesses.z) as peak_z,
        {{ exact_sum('excesses.excess_usd') }} as excess_usd
    from now
    inner join excesses
        on excesses.freq = now.freq
        and excesses.exporter = now.exporter
        and excesses.importer_iso3 = now.importer_iso3
        and excesses.goods = now.goods
        and excesses.period >= now.entered_on
        and (now.left_on is null or excesses.period < now.left_on)
    group by now.freq, now.exporter, now.importer_iso3, now.goods, now.entered_on

),

-- ---- goods that came on a list later

listed as (

    select
        product_groups.product_group,
        product_groups.goods,
        min(lists.valid_from) as listed_on
    from {{ ref('int_product_groups_composed') }} as product_groups
    inner join (
        select
            coalesce(groups.stable_group_id, controlled.product_code) as goods,
            controlled.list_id,
            controlled.valid_from
        from {{ ref('int_controlled_goods_unioned') }} as controlled
        left join {{ ref('int_products_grouped') }} as groups
            on groups.hs_revision = controlled.hs_revision
            and groups.product_code = controlled.product_code
    ) as lists
        on lists.goods = product_groups.goods
        and product_groups.product_group like lists.list_id || '%'
    group by product_groups.product_group, product_groups.goods

),

first_listed as (

    select product_group, min(listed_on) as first_listed_on from listed group by product_group

),

late_goods as (

    select
        now.exporter,
        now.importer_iso3,
        now.goods,
        now.entered_on,
        {{ exact_sum('excesses.excess_usd', 'listed.listed_on > last_day(now.seen_on)') }} as late_usd,
        {{ exact_sum('excesses.excess_usd') }} as all_usd
    from now
    inner join first_listed
        on first_listed.product_group = now.goods
        and first_listed.first_listed_on <= last_day(now.seen_on)
    inner join listed on listed.product_group = now.goods
    inner join excesses
        on excesses.freq = now.freq
        and excesses.exporter = now.exporter
        and excesses.importer_iso3 = now.importer_iso3
        and excesses.goods = listed.goods
        and excesses.period between now.entered_on and now.seen_on
    group by now.exporter, now.importer_iso3, now.goods, now.entered_on

),

-- ---- codes that changed

revisions_recorded as (

    select
        members.bloc as exporter,
        flows.partner as importer_iso3,
        groups.stable_group_id as goods,
        flows.period,
        max(flows.hs_revision) as hs_revision
    from {{ ref('int_flows_chosen') }} as flows
    inner join {{ ref('int_products_grouped') }} as groups
        on groups.hs_revision = flows.hs_revision
        and groups.product_code = flows.product_code
        and left(groups.stable_group_id, 1) = 'G'
    inner join {{ ref('int_bloc_members_dated') }} as members
        on members.iso3 = flows.reporter
        and flows.period >= members.member_from
        and flows.period < members.member_to
    where flows.freq = 'M' and flows.role = 'export' and flows.product_level = 6
    group by members.bloc, flows.partner, groups.stable_group_id, flows.period

),

recoded as (

    select exporter, importer_iso3, goods, period
    from (
        select
            *,
            lag(hs_revision) over (partition by exporter, importer_iso3, goods order by period nulls last) as revision_before
        from revisions_recorded
    ) as recorded
    where hs_revision > revision_before

),

builds as (

    select * from {{ ref('int_builds_described') }}

)

select
    now.exporter as exporter_bloc,
    now.importer_iso3 as transit_iso3,
    now.goods,
    now.goods_kind,
    now.freq,
    now.entered_on,

    case when now.is_mirrored then 'alert' else 'notice' end as kind,
    now.rule,
    now.seen_on,
    now.left_on,
    now.left_seen_on,
    case
        when now.effect = 'created' then 'revision'
        when recoded.goods is not null then 'code_change'
        when late_goods.late_usd > 0.5 * late_goods.all_usd then 'list_change'
        else 'new_data'
    end as cause,
    case
        when now.left_on is null then null
        when changed.goods is not null
            and now.effect is null
            and first_spans.first_left_on is distinct from now.left_on then 'revision'
        else 'new_data'
    end as left_cause,

    held.months,
    held.peak_z,
    held.excess_usd,
    {{ provenance_columns() }}
from now
inner join held
    on held.exporter = now.exporter
    and held.importer_iso3 = now.importer_iso3
    and held.goods = now.goods
    and held.entered_on = now.entered_on
inner join first_spans
    on first_spans.exporter = now.exporter
    and first_spans.importer_iso3 = now.importer_iso3
    and first_spans.goods = now.goods
    and first_spans.entered_on = now.entered_on
left join changed
    on changed.exporter = now.exporter
    and changed.importer_iso3 = now.importer_iso3
    and changed.goods = now.goods
left join recoded
    on recoded.exporter = now.exporter
    and recoded.importer_iso3 = now.importer_iso3
    and recoded.goods = now.goods
    and recoded.period = now.entered_on
left join late_goods
    on late_goods.exporter = now.exporter
    and late_goods.importer_iso3 = now.importer_iso3
    and late_goods.goods = now.goods
    and late_goods.entered_on = now.entered_on
cross join builds
