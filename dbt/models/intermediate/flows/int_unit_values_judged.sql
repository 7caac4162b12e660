{{ config(materialized='table', event_time='') }}  -- whether a unit ever changed is known of all years
-- The unit value of a report, against what others reported of the same good in the same year (METHODS 2.12), against
-- the other side of the flow, and for exports to Russia and Belarus against the same exporter's exports to others.
--
-- The median and the spread are those of all cells of the product, revision, role and year; the spread is that of the
-- middle half (a quarter of the cells may lie anywhere). Kept: every cell of the goods of the short lists of the
-- seeds, also where it cannot be judged, and of all other goods those that deviate. Cells under min_value_usd
-- are too small to be looked at.
with

flows as {{ read_in_place() }} (

    select
        freq, period, role, reporter, partner, reporter_is_country, product_code, hs_revision, value_usd, net_kg,
        is_net_kg_estimated, quantity, quantity_unit, is_quantity_estimated,
        {{ unit_value('value_usd', 'net_kg') }} as unit_value_usd_kg
    from {{ ref('int_flows_chosen') }}
    where product_level = 6

),

cells as {{ read_in_place() }} (

    select *, cast(extract(year from period) as integer) as year
    from flows
    where reporter_is_country and value_usd >= {{ var('min_value_usd') }}

),

listed as (

    select distinct product_code, hs_revision from {{ ref('stg_seeds__controlled_goods') }}

),

destinations as (

    select iso3 from {{ ref('stg_seeds__countries') }} where role = 'target'

),

-- a reporter that estimates most of its weights has no unit values (METHODS check 20)
estimating as (

    select freq, period, role, reporter
    from cells
    group by freq, period, role, reporter
    having coalesce({{ exact_sum('value_usd', 'is_net_kg_estimated') }}, 0)
        > {{ var('unit_value_estimated_most') }} * {{ exact_sum('value_usd') }}

),

examined as (

    select
        cells.*,
        listed.product_code is not null as is_listed,
        case
            when cells.net_kg is null then 'no_weight'
            when cells.net_kg <= 0 then 'weight_not_positive'
            when cells.is_net_kg_estimated then 'weight_estimated'
            when estimating.reporter is not null then 'reporter_estimates_most_weights'
        end as weight_reason
    from cells
    left join listed
        on listed.product_code = cells.product_code
        and listed.hs_revision = cells.hs_revision
    left join estimating
        on estimating.freq = cells.freq
        and estimating.period = cells.period
        and estimating.role = cells.role
        and estimating.reporter = cells.reporter

),

weighed as {{ read_in_place() }} (

    select *, case when weight_reason is null then ln(unit_value_usd_kg) end as unit_value_log
    from examined

),

quartiles as (

    select
        freq, role, hs_revision, product_code, year,
        count(*) as cells,
        percentile_cont(0.25) within group (order by unit_value_log) as lower_log,
        percentile_cont(0.50) within group (order by unit_value_log) as median_log,
        percentile_cont(0.75) within group (order by unit_value_log) as upper_log
    from weighed
    where weight_reason is null
    group by freq, role, hs_revision, product_code, year
    having count(*) >= {{ var('unit_value_cells') }}

),

scored as (

    select
        weighed.*,
        case when weighed.unit_value_log is not null then quartiles.cells end as reference_cells,
        case when weighed.unit_value_log is not null then quartiles.median_log end as median_log,
        weighed.unit_value_log - quartiles.median_log as distance_log,
        -- the quartiles of a normal distribution lie 1.349 standard deviations apart
        (weighed.unit_value_log - quartiles.median_log)
            / greatest((quartiles.upper_log - quartiles.lower_log) / 1.349, {{ var('z_floor') }}) as z
    from weighed
    left join quartiles
        on quartiles.freq = weighed.freq
        and quartiles.role = weighed.role
        and quartiles.hs_revision = weighed.hs_revision
        and quartiles.product_code = weighed.product_code
        and quartiles.year = weighed.year

),

compared as (

    select
        freq, period, role, reporter, partner, product_code, hs_revision, is_listed, value_usd, net_kg,
        quantity, quantity_unit, is_quantity_estimated, reference_cells,
        coalesce(weight_reason, case when reference_cells is null then 'too_few_to_compare' end) as reason,
        case
            when abs(distance_log) > ln({{ var('unit_value_error_ratio') }}) then 'unit_error'
            when z >= {{ var('unit_value_z') }} then 'high'
            when z <= -{{ var('unit_value_z') }} then 'low'
            when z is not null then 'none'
        end as anomaly,
        case when weight_reason is null then unit_value_usd_kg end as unit_value_usd_kg,
        exp(median_log) as median_usd_kg,
        case when z is not null then least(greatest(z, -{{ var('z_cap') }}), {{ var('z_cap') }}) end as z
    from scored
    where is_listed
        or abs(z) >= {{ var('unit_value_z') }}
        or abs(distance_log) > ln({{ var('unit_value_error_ratio') }})

),

-- the same goods by the other side, where it reported in the same revision; each side's figure is a partner's
mirrors as (

    select
        compared.freq, compared.period, compared.role, compared.reporter, compared.partner, compared.product_code,
        max(flows.unit_value_usd_kg) as unit_value_usd_kg
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

-- what the exporter had for a kilogram from all but Russia and Belarus, of the goods of the short lists
elsewhere as (

    select
        compared.freq, compared.period, compared.reporter, compared.product_code, compared.hs_revision,
        {{ exact_sum('compared.value_usd') }} / nullif({{ exact_sum('compared.net_kg') }}, 0) as unit_value_usd_kg
    from compared
    left join destinations on destinations.iso3 = compared.partner
    where compared.is_listed
        and compared.role = 'export'
        and compared.unit_value_usd_kg is not null
        and coalesce(compared.anomaly, 'none') <> 'unit_error'
        and destinations.iso3 is null
    group by
        compared.freq, compared.period, compared.reporter, compared.product_code, compared.hs_revision

),

-- a quantity compares over time where its unit never changed
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
        case when destinations.iso3 is not null and compared.is_listed and compared.role = 'export'
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
    left join destinations on destinations.iso3 = compared.partner
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
    freq,
    period,
    reporter as reporter_iso3,
    role as flow,
    partner as partner_iso3,
    product_code,
    hs_revision,
    is_listed,

    anomaly,
    reason,
    mirror_ratio not between {{ var('unit_value_mirror_low') }} and {{ var('unit_value_mirror_high') }}
        as is_mirror_mismatch,

    value_usd,
    net_kg,
    unit_value_usd_kg,
    median_usd_kg,
    reference_cells,
    z,
    mirror_ratio,
    price_premium_target_ratio,

    case when quantity_reason is null then {{ unit_value('value_usd', 'quantity') }} end as unit_value_usd_unit,
    quantity_unit,
    quantity_reason
from joined
