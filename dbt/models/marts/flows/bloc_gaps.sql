-- A bloc's exports and what the importer recorded from it, each summed over the members and then compared
-- (METHODS 0.6): members report goods of one another, so their own gaps add up to more than is missing. Codes of six
-- digits are in their stable groups: members that record in two HS revisions are one row, and not two.
{% set measures = ['export_value_usd', 'import_value_usd', 'import_value_fob_usd', 'import_value_fob_low_usd',
    'import_value_fob_high_usd'] %}
with

groups as (

    select * from {{ ref('int_products_grouped') }}

),

members as (

    -- those of today, for earlier years too: a change of the bloc's gap is no change of its members
    select distinct bloc, iso3 from {{ ref('int_bloc_members_dated') }}

),

-- each is a digit of a binary number (of as many as 63; more would stop the build): exporters that differ are counted
-- without a list of them for every group
exporters as (

    select iso3, cast(power(2, row_number() over (order by iso3 nulls last) - 1) as bigint) as digit
    from (select distinct iso3 from members) as known

),

cells as (

    select
        flows.freq, flows.period, flows.exporter_iso3, exporters.digit, flows.importer_iso3,
        coalesce(groups.stable_group_id, flows.product_code) as product_code,
        flows.product_level,
        case when groups.product_code is not null then 'mixed' else flows.comparable_revision end
            as comparable_revision,
        flows.coverage_status,
        {% for measure in measures -%}
        flows.{{ measure }},
        {% endfor -%}
        flows.gap_usd
    from {{ ref('mirror_gaps') }} as flows
    inner join exporters
        on exporters.iso3 = flows.exporter_iso3
        and flows.product_code <> 'TOTAL_CORE'  -- which only some members have
    left join groups
        on groups.hs_revision = flows.comparable_revision
        and groups.product_code = flows.product_code
    where {{ is_gap_stated('flows.coverage_status') }}

),

summed as (

    select
        cells.freq,
        cells.period,
        members.bloc as exporter_bloc,
        cells.importer_iso3,
        cells.product_code,
        cells.product_level,
        cells.comparable_revision,
        {% for measure in measures -%}
        {{ exact_sum('cells.' ~ measure) }} as {{ measure }},
        {% endfor -%}
        coalesce({{ exact_sum('cells.gap_usd', 'cells.gap_usd > 0') }}, 0) as positive_gap_usd,
        coalesce({{ exact_sum('cells.gap_usd', 'cells.gap_usd < 0') }}, 0) as negative_gap_usd,
        coalesce({{ exact_sum('cells.export_value_usd', "cells.coverage_status = 'both_reported'") }}, 0)
            as both_reported_usd,
        -- an exporter may report a group in several codes and revisions
        cast(bit_count(bit_or(cells.digit)) as bigint) as members
    from cells
    inner join members
        on members.iso3 = cells.exporter_iso3
    left join members as own
        on own.bloc = members.bloc
        and own.iso3 = cells.importer_iso3
    where own.iso3 is null  -- trade inside the bloc is not the bloc's
    group by
        cells.freq, cells.period, members.bloc, cells.importer_iso3,
        cells.product_code, cells.product_level, cells.comparable_revision

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
