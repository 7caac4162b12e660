-- A bloc's exports and what the importer recorded from it, each summed over the members and then compared
-- (METHODS 0.6): members book goods to one another, so their own gaps add up to more than is missing. Codes of six
-- digits stand in their stable groups: members that record in two HS revisions are one row, and not two.
with

groups as (

    select * from {{ ref('int_products_grouped') }}

),

mirror_gaps as (

    select
        flows.freq, flows.period, flows.exporter_iso3, flows.importer_iso3, flows.coverage_status,
        coalesce(groups.stable_group_id, flows.product_code) as product_code,
        flows.product_level,
        case when groups.product_code is not null then 'mixed' else flows.comparable_revision end
            as comparable_revision,
        flows.export_value_usd,
        flows.import_value_usd,
        flows.import_value_fob_usd,
        flows.import_value_fob_low_usd,
        flows.import_value_fob_high_usd,
        flows.gap_usd
    from {{ ref('mirror_gaps') }} as flows
    left join groups
        on groups.hs_revision = flows.comparable_revision
        and groups.product_code = flows.product_code
        and flows.product_level = 6
    where flows.coverage_status in ('both_reported', 'lost_export', 'orphan_import')

),

members as (

    -- those of today, for earlier years too: a change of the bloc's gap is no change of its members
    select distinct bloc, iso3 from {{ ref('int_bloc_members_dated') }}

),

summed as (

    select
        mirror_gaps.freq,
        mirror_gaps.period,
        members.bloc as exporter_bloc,
        mirror_gaps.importer_iso3,
        mirror_gaps.product_code,
        mirror_gaps.product_level,
        mirror_gaps.comparable_revision,
        {{ exact_sum('mirror_gaps.export_value_usd') }} as export_value_usd,
        {{ exact_sum('mirror_gaps.import_value_usd') }} as import_value_usd,
        {{ exact_sum('mirror_gaps.import_value_fob_usd') }} as import_value_fob_usd,
        {{ exact_sum('mirror_gaps.import_value_fob_low_usd') }} as import_value_fob_low_usd,
        {{ exact_sum('mirror_gaps.import_value_fob_high_usd') }} as import_value_fob_high_usd,
        coalesce({{ exact_sum('mirror_gaps.gap_usd', 'mirror_gaps.gap_usd > 0') }}, 0) as positive_gap_usd,
        coalesce({{ exact_sum('mirror_gaps.gap_usd', 'mirror_gaps.gap_usd < 0') }}, 0) as negative_gap_usd,
        coalesce({{ exact_sum('mirror_gaps.export_value_usd', "mirror_gaps.coverage_status = 'both_reported'") }}, 0)
            as both_reported_usd,
        count(distinct mirror_gaps.exporter_iso3) as members
    from mirror_gaps
    inner join members
        on members.iso3 = mirror_gaps.exporter_iso3
    left join members as own
        on own.bloc = members.bloc
        and own.iso3 = mirror_gaps.importer_iso3
    where own.iso3 is null  -- trade inside the bloc is not the bloc's
    group by
        mirror_gaps.freq, mirror_gaps.period, members.bloc, mirror_gaps.importer_iso3,
        mirror_gaps.product_code, mirror_gaps.product_level, mirror_gaps.comparable_revision

)

select
    freq,
    period,
    exporter_bloc,
    importer_iso3,
    product_code,
    product_level,
    comparable_revision,

    export_value_usd,
    import_value_usd,
    import_value_fob_usd,
    {{ gap_usd('export_value_usd', 'import_value_fob_usd') }} as gap_usd,
    {{ gap_usd('export_value_usd', 'import_value_fob_high_usd') }} as gap_low_usd,
    {{ gap_usd('export_value_usd', 'import_value_fob_low_usd') }} as gap_high_usd,
    positive_gap_usd,
    negative_gap_usd,
    (positive_gap_usd - negative_gap_usd)
        / nullif(abs({{ gap_usd('export_value_usd', 'import_value_fob_usd') }}), 0) as misattribution_ratio,
    (positive_gap_usd - negative_gap_usd)
        <= {{ var('misattribution_limit') }} * abs({{ gap_usd('export_value_usd', 'import_value_fob_usd') }})
        as is_decomposable,
    both_reported_usd / nullif(export_value_usd, 0) as both_reported_share,
    members
from summed
