-- The one table a dashboard needs. Exports and imports are summed over exporters first and then compared: adding up the
-- members' own positive gaps would count as gap what members merely report of one another. The month is beside the
-- twelve months to it, and each column's name shows which of the two it is of.
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

ghosts as (

    select * from {{ ref('ghost_trade') }}
    where window_kind = 'rolling_12' and exporter = 'COALITION' and baseline_id = '{{ var("baseline") }}'

),

excesses as (

    select * from {{ ref('excess_trade') }}
    where freq = 'M' and exporter = 'COALITION' and baseline_id = '{{ var("baseline") }}'

),

risks as (

    select * from {{ ref('corridor_risk') }} where exporter_bloc = 'COALITION'

),

alerts as (

    select * from {{ ref('alerts') }} where exporter_bloc = 'COALITION' and kind = 'alert'

),

-- how far each side's reports go
published as (

    select
        importer_iso3,
        goods,
        max(case when export_value_usd is not null then period end) as exports_until,
        max(case when import_fob_usd is not null then period end) as imports_until
    from {{ ref('corridor_flows') }}
    where exporter = 'COALITION'
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

corridors as (

    select
        flows.period,
        'COALITION' as exporter_bloc,
        flows.importer_iso3 as transit_iso3,
        transit.name as transit_name,
        flows.basket,
        {{ exact_sum('flows.export_value_usd') }} as export_value_usd,
        {{ exact_sum('flows.import_value_usd') }} as import_value_usd,
        {{ exact_sum('flows.import_value_fob_usd') }} as import_value_fob_usd,
        {{ exact_sum('flows.import_value_fob_low_usd') }} as import_value_fob_low_usd,
        {{ exact_sum('flows.import_value_fob_high_usd') }} as import_value_fob_high_usd,
        coalesce({{ exact_sum('flows.export_value_usd', "flows.coverage_status = 'both_reported'") }}, 0)
            / nullif({{ exact_sum('flows.export_value_usd') }}, 0) as both_reported_share,
        count(*) as cells
    from flows
    inner join countries as exporter
        on exporter.iso3 = flows.exporter_iso3
        and exporter.role = 'coalition'
    inner join countries as transit
        on transit.iso3 = flows.importer_iso3
        and transit.role = 'transit'
    group by flows.period, flows.importer_iso3, transit.name, flows.basket

)

select
    corridors.period,
    corridors.exporter_bloc,
    corridors.transit_iso3,
    corridors.transit_name,
    corridors.basket,

    corridors.export_value_usd as export_month_usd,
    corridors.import_value_usd as import_month_usd,
    {{ gap_usd('corridors.export_value_usd', 'corridors.import_value_fob_usd') }} as gap_month_usd,
    {{ gap_usd('corridors.export_value_usd', 'corridors.import_value_fob_high_usd') }} as gap_low_month_usd,
    {{ gap_usd('corridors.export_value_usd', 'corridors.import_value_fob_low_usd') }} as gap_high_month_usd,
    {{ gap_share('corridors.export_value_usd', 'corridors.import_value_fob_usd') }} as gap_month_share,
    corridors.both_reported_share as both_reported_month_share,
    corridors.cells as cells_month,
    excesses.growth_ratio as growth_month_ratio,
    excesses.z as z_month,
    alerts.entered_on is not null as is_in_alert_month,

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
from corridors
left join ghosts
    on ghosts.importer_iso3 = corridors.transit_iso3
    and ghosts.goods = corridors.basket
    and ghosts.period = corridors.period
left join excesses
    on excesses.importer_iso3 = corridors.transit_iso3
    and excesses.goods = corridors.basket
    and excesses.period = corridors.period
left join risks
    on risks.transit_iso3 = corridors.transit_iso3
    and risks.goods = corridors.basket
    and risks.period = corridors.period
left join alerts
    on alerts.transit_iso3 = corridors.transit_iso3
    and alerts.goods = corridors.basket
    and corridors.period >= alerts.entered_on
    and (alerts.left_on is null or corridors.period < alerts.left_on)
left join published
    on published.importer_iso3 = corridors.transit_iso3
    and published.goods = corridors.basket
cross join about
