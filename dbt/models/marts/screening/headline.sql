-- The one table a dashboard needs. Exports and imports are summed over exporters first and then compared: adding up the
-- members' own positive gaps would count as gap what members merely report of one another. The month is beside the
-- twelve months to it, and each column's name shows which of the two it is of. A country that publishes by year alone
-- has a row for December: nothing of the month, and of the twelve months to it the year.
with

mirror_gaps as (

    select * from {{ ref('mirror_gaps') }}
    where freq = 'M' and {{ is_gap_stated('coverage_status') }}

),

countries as (

    select * from {{ ref('countries') }}

),

controlled_goods as (

    select distinct product_code, hs_revision
    from {{ ref('controlled_goods') }}
    where list_id = 'CHPL'

),

about as (

    select * from {{ ref('about') }}

),

{% set last_month = last_month("window_kind = 'year'") %}
ghosts as (

    select *, {{ last_month }} as last_month
    from {{ ref('ghost_trade') }}
    where window_kind in ('rolling_12', 'year') and exporter = 'COALITION' and baseline_id = '{{ var("baseline") }}'

),

excesses as (

    select * from {{ ref('excess_trade') }}
    where freq = 'M' and exporter = 'COALITION' and baseline_id = '{{ var("baseline") }}'

),

risks as (

    select *, {{ last_month }} as last_month from {{ ref('corridor_risk') }} where exporter_bloc = 'COALITION'

),

-- corridors whose two sides meet by year alone
years as (

    select transit_iso3, goods as basket, period, last_month
    from risks
    where window_kind = 'year' and goods in ('CHPL', 'TOTAL') and gap_usd is not null

),

alerts as (

    select * from {{ ref('alerts') }} where exporter_bloc = 'COALITION' and kind = 'alert'

),

-- how far each side's reports go
published as (

    select
        importer_iso3,
        goods,
        max(case when export_value_usd is not null then last_month end) as exports_until,
        max(case when import_fob_usd is not null then last_month end) as imports_until
    from (
        select importer_iso3, goods, export_value_usd, import_fob_usd, period as last_month
        from {{ ref('corridor_flows') }}
        where exporter = 'COALITION'
        union all
        select importer_iso3, goods, export_value_usd, import_fob_usd, last_month from ghosts where window_kind = 'year'
    ) as reports
    group by importer_iso3, goods

),

flows as (

    select
        mirror_gaps.*,
        case when mirror_gaps.product_code = 'TOTAL' then 'TOTAL' else 'CHPL' end as basket
    from mirror_gaps
    left join controlled_goods
        on controlled_goods.product_code = mirror_gaps.product_code
        and controlled_goods.hs_revision = mirror_gaps.hs_revision
    where mirror_gaps.product_code = 'TOTAL' or controlled_goods.product_code is not null

),

months as (

    select
        flows.period,
        flows.importer_iso3 as transit_iso3,
        flows.basket,
        {{ exact_sum('flows.export_value_usd') }} as export_value_usd,
        {{ exact_sum('flows.import_value_usd') }} as import_value_usd,
        {{ exact_sum('flows.import_value_fob_usd') }} as import_value_fob_usd,
        {{ exact_sum('flows.import_value_fob_low_usd') }} as import_value_fob_low_usd,
        {{ exact_sum('flows.import_value_fob_high_usd') }} as import_value_fob_high_usd,
        coalesce({{ exact_sum('flows.export_value_usd', "flows.coverage_status = 'both_reported'") }}, 0)
            / nullif({{ exact_sum('flows.export_value_usd') }}, 0) as both_reported_share,
        count(distinct flows.exporter_iso3) as exporters,
        count(*) as cells
    from flows
    inner join countries as exporter
        on exporter.iso3 = flows.exporter_iso3
        and exporter.role = 'coalition'
    inner join countries as transit
        on transit.iso3 = flows.importer_iso3
        and transit.role = 'transit'
    group by flows.period, flows.importer_iso3, flows.basket

),

dated as (

    select
        coalesce(months.period, years.last_month) as period,
        coalesce(months.transit_iso3, years.transit_iso3) as transit_iso3,
        coalesce(months.basket, years.basket) as basket,
        case when years.basket is not null then 'year' else 'rolling_12' end as window_kind,
        {% for measure in ['export_value_usd', 'import_value_usd', 'import_value_fob_usd', 'import_value_fob_low_usd',
            'import_value_fob_high_usd', 'both_reported_share', 'exporters', 'cells'] -%}
        months.{{ measure }}{{ ',' if not loop.last }}
        {% endfor %}
    from months
    full outer join years
        on years.transit_iso3 = months.transit_iso3
        and years.basket = months.basket
        and years.last_month = months.period

)

select
    corridors.period,
    'COALITION' as exporter_bloc,
    corridors.transit_iso3,
    transit.name as transit_name,
    corridors.basket,

    corridors.export_value_usd as export_month_usd,
    corridors.import_value_usd as import_month_usd,
    {{ gap_usd('corridors.export_value_usd', 'corridors.import_value_fob_usd') }} as gap_month_usd,
    {{ gap_usd('corridors.export_value_usd', 'corridors.import_value_fob_high_usd') }} as gap_low_month_usd,
    {{ gap_usd('corridors.export_value_usd', 'corridors.import_value_fob_low_usd') }} as gap_high_month_usd,
    {{ gap_share('corridors.export_value_usd', 'corridors.import_value_fob_usd') }} as gap_month_share,
    corridors.both_reported_share as both_reported_month_share,
    corridors.exporters as exporters_month,
    corridors.cells as cells_month,
    excesses.growth_ratio as growth_month_ratio,
    excesses.z as z_month,
    alerts.entered_on is not null as is_in_alert_month,

    corridors.window_kind as window_12m_kind,
    case when ghosts.import_fob_usd is not null then ghosts.export_value_usd end as export_12m_usd,
    ghosts.import_fob_usd as import_fob_12m_usd,
    {{ gap_usd('ghosts.export_value_usd', 'ghosts.import_fob_usd') }} as gap_12m_usd,
    risks.gap_low_usd as gap_low_12m_usd,
    risks.gap_high_usd as gap_high_12m_usd,
    risks.growth_ratio as growth_12m_ratio,
    ghosts.ghost_did_usd as ghost_12m_usd,
    ghosts.ghost_low_usd as ghost_low_12m_usd,
    ghosts.ghost_high_usd as ghost_high_12m_usd,
    ghosts.ghost_low_90_usd as ghost_low_90_12m_usd,
    ghosts.ghost_high_90_usd as ghost_high_90_12m_usd,
    ghosts.ghost_share as ghost_12m_share,
    risks.class as class_12m,
    risks.anomaly as anomaly_12m,
    risks.evidence as evidence_12m,

    -- deprecated names of the same
    corridors.export_value_usd,
    corridors.import_value_usd,
    {{ gap_usd('corridors.export_value_usd', 'corridors.import_value_fob_usd') }} as gap_usd,
    {{ gap_usd('corridors.export_value_usd', 'corridors.import_value_fob_high_usd') }} as gap_low_usd,
    {{ gap_usd('corridors.export_value_usd', 'corridors.import_value_fob_low_usd') }} as gap_high_usd,
    {{ gap_share('corridors.export_value_usd', 'corridors.import_value_fob_usd') }} as gap_share,
    corridors.both_reported_share,
    corridors.cells,
    ghosts.ghost_did_usd as ghost_usd,
    ghosts.ghost_low_usd,
    ghosts.ghost_high_usd,
    ghosts.ghost_low_90_usd,
    ghosts.ghost_high_90_usd,
    ghosts.ghost_share,
    excesses.growth_ratio,
    excesses.z,
    risks.class,
    risks.anomaly,
    risks.evidence,
    alerts.entered_on is not null as is_in_alert,

    published.exports_until,
    published.imports_until,

    about.is_simulated,
    {{ provenance_columns('about') }}
from dated as corridors
inner join countries as transit on transit.iso3 = corridors.transit_iso3
left join ghosts
    on ghosts.importer_iso3 = corridors.transit_iso3
    and ghosts.goods = corridors.basket
    and ghosts.window_kind = corridors.window_kind
    and ghosts.last_month = corridors.period
left join excesses
    on excesses.importer_iso3 = corridors.transit_iso3
    and excesses.goods = corridors.basket
    and excesses.period = corridors.period
left join risks
    on risks.transit_iso3 = corridors.transit_iso3
    and risks.goods = corridors.basket
    and risks.window_kind = corridors.window_kind
    and risks.last_month = corridors.period
left join alerts
    on alerts.transit_iso3 = corridors.transit_iso3
    and alerts.goods = corridors.basket
    and corridors.period >= alerts.entered_on
    and (alerts.left_on is null or corridors.period < alerts.left_on)
left join published
    on published.importer_iso3 = corridors.transit_iso3
    and published.goods = corridors.basket
cross join about
