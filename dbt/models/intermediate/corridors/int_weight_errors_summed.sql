-- The value of reports whose unit value is a hundred times off the median of the good (METHODS E12), by corridor of a bloc:
-- a file with weights in tonnes or in grams. Imports are in the month of the exports that they mirror.
with

reports as (

    select
        freq,
        case
            when flow = 'import' and freq = 'M' then {{ dbt.dateadd('month', '-' ~ var('monthly_lag'), 'period') }}
            else period
        end as period,
        flow,
        case flow when 'export' then reporter_iso3 else partner_iso3 end as exporter_iso3,
        case flow when 'export' then partner_iso3 else reporter_iso3 end as importer_iso3,
        product_code,
        hs_revision,
        value_usd
    from {{ ref('int_unit_values_judged') }}
    where anomaly = 'unit_error'

),

corridors as (

    select
        reports.freq,
        cast(reports.period as date) as period,
        members.bloc as exporter_bloc,
        reports.importer_iso3,
        coalesce(groups.stable_group_id, reports.product_code) as goods,
        reports.flow,
        reports.value_usd
    from reports
    inner join {{ ref('int_bloc_members_dated') }} as members
        on members.iso3 = reports.exporter_iso3
        and reports.period >= members.member_from
        and reports.period < members.member_to
    left join {{ ref('int_products_grouped') }} as groups
        on groups.hs_revision = reports.hs_revision
        and groups.product_code = reports.product_code

),

widened as (

    select freq, period, exporter_bloc, importer_iso3, goods, flow, value_usd from corridors
    union all
    select
        corridors.freq, corridors.period, corridors.exporter_bloc, corridors.importer_iso3,
        product_groups.product_group as goods, corridors.flow, corridors.value_usd
    from corridors
    inner join {{ ref('int_product_groups_composed') }} as product_groups on product_groups.goods = corridors.goods

)

select
    freq,
    period,
    exporter_bloc,
    importer_iso3,
    goods,
    {{ exact_sum('value_usd', "flow = 'export'") }} as export_value_usd,
    {{ exact_sum('value_usd', "flow = 'import'") }} as import_value_usd
from widened
group by freq, period, exporter_bloc, importer_iso3, goods
