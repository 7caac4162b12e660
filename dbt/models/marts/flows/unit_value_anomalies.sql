{{ config(materialized='table', event_time='') }}  -- whether a unit ever changed is known of all years
-- Unit values that stand out, and all of the goods of the short lists, with what the other side said of the same
-- goods, and for exports to Russia and Belarus with what the exporter had from others.
with

compared as (

    select * from {{ ref('int_unit_values_compared') }}

),

flows as (

    select * from {{ ref('int_flows_chosen') }}
    where product_level = 6

),

targets as (

    select iso3 from {{ ref('stg_seeds__countries') }} where role = 'target'

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

-- The same goods in the other book, where it was written in the same revision. Each side's figure is a partner's.
mirrors as (

    select
        compared.freq, compared.period, compared.role, compared.reporter, compared.partner, compared.product_code,
        max({{ unit_value('flows.value_usd', 'flows.net_kg') }}) as unit_value_usd_kg
    from compared
    inner join flows
        on flows.freq = compared.freq
        and flows.period = compared.period
        and flows.role <> compared.role
        and flows.reporter = compared.partner
        and flows.partner = compared.reporter
        and flows.product_code = compared.product_code
        and flows.hs_revision = compared.hs_revision
        and not coalesce(flows.is_net_kg_estimated, false)
    where compared.unit_value_usd_kg is not null
    group by
        compared.freq, compared.period, compared.role, compared.reporter, compared.partner, compared.product_code

),

-- What the exporter had for a kilogram from all who are no target, of the goods of the short lists.
elsewhere as (

    select
        compared.freq, compared.period, compared.reporter, compared.product_code, compared.hs_revision,
        {{ exact_sum('compared.value_usd') }} / nullif({{ exact_sum('compared.net_kg') }}, 0) as unit_value_usd_kg
    from compared
    left join targets on targets.iso3 = compared.partner
    where compared.is_listed
        and compared.role = 'export'
        and compared.unit_value_usd_kg is not null
        and coalesce(compared.anomaly, 'none') <> 'unit_error'
        and targets.iso3 is null
    group by
        compared.freq, compared.period, compared.reporter, compared.product_code, compared.hs_revision

),

-- A quantity says the same over time where its unit never changed.
units as (

    select role, reporter, product_code, count(distinct quantity_unit) as units
    from compared
    where is_listed
    group by role, reporter, product_code

),

joined as (

    select
        compared.*,
        case when compared.role = 'export'
            then mirrors.unit_value_usd_kg / nullif(compared.unit_value_usd_kg, 0)
            else compared.unit_value_usd_kg / nullif(mirrors.unit_value_usd_kg, 0)
        end as mirror_ratio,
        case when targets.iso3 is not null and compared.is_listed and compared.role = 'export'
            then compared.unit_value_usd_kg / nullif(elsewhere.unit_value_usd_kg, 0)
        end as price_premium_target_ratio,
        case
            when compared.quantity is null or compared.quantity_unit is null then 'no_quantity'
            when compared.quantity <= 0 then 'quantity_not_positive'
            when compared.is_quantity_estimated then 'quantity_estimated'
            when coalesce(units.units, 2) > 1 then 'unit_changed'
        end as quantity_reason
    from compared
    left join mirrors
        on mirrors.freq = compared.freq
        and mirrors.period = compared.period
        and mirrors.role = compared.role
        and mirrors.reporter = compared.reporter
        and mirrors.partner = compared.partner
        and mirrors.product_code = compared.product_code
    left join targets on targets.iso3 = compared.partner
    left join elsewhere
        on elsewhere.freq = compared.freq
        and elsewhere.period = compared.period
        and elsewhere.reporter = compared.reporter
        and elsewhere.product_code = compared.product_code
        and elsewhere.hs_revision = compared.hs_revision
    left join units
        on units.role = compared.role
        and units.reporter = compared.reporter
        and units.product_code = compared.product_code

)

select
    joined.freq,
    joined.period,
    joined.reporter as reporter_iso3,
    joined.role as flow,
    joined.partner as partner_iso3,
    joined.product_code,
    joined.hs_revision,
    joined.is_listed,

    joined.anomaly,
    joined.reason,
    joined.mirror_ratio not between {{ var('unit_value_mirror_low') }} and {{ var('unit_value_mirror_high') }}
        as is_mirror_mismatch,

    joined.value_usd,
    joined.net_kg,
    joined.unit_value_usd_kg,
    joined.median_usd_kg,
    joined.reference_cells,
    joined.z,
    joined.mirror_ratio,
    joined.price_premium_target_ratio,

    case when joined.quantity_reason is null then {{ unit_value('joined.value_usd', 'joined.quantity') }} end
        as unit_value_usd_unit,
    joined.quantity_unit,
    joined.quantity_reason,

    {{ provenance_columns() }}
from joined
cross join builds
