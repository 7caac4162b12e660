-- What a kilogram was said to cost, against what others said of the same good in the same year (METHODS 2.12). The
-- median and the spread are those of all cells of the product, revision, role and year; the spread is that of the
-- middle half (a quarter of the cells may lie anywhere), so that one pass over the cells tells both.
--
-- Kept: every cell of the goods of the short lists that a person wrote down, also where it cannot be judged, and of
-- all other goods those that stand out. Cells under min_value_usd are too small to be looked at.
with

flows as {{ read_in_place() }} (

    select
        freq, period, role, reporter, partner, product_code, hs_revision, value_usd, net_kg, is_net_kg_estimated,
        quantity, quantity_unit, is_quantity_estimated,
        cast(extract(year from period) as integer) as year,
        {{ unit_value('value_usd', 'net_kg') }} as unit_value_usd_kg
    from {{ ref('int_flows_chosen') }}
    where product_level = 6
        and reporter_is_country
        and value_usd >= {{ var('min_value_usd') }}

),

listed as (

    select distinct product_code, hs_revision from {{ ref('stg_seeds__controlled_goods') }}

),

-- who guesses most of its weights has no unit values (METHODS check 20)
guessing as (

    select freq, period, role, reporter
    from flows
    group by freq, period, role, reporter
    having coalesce({{ exact_sum('value_usd', 'is_net_kg_estimated') }}, 0)
        > {{ var('unit_value_estimated_most') }} * {{ exact_sum('value_usd') }}

),

examined as (

    select
        flows.*,
        listed.product_code is not null as is_listed,
        case
            when flows.net_kg is null then 'no_weight'
            when flows.net_kg <= 0 then 'weight_not_positive'
            when flows.is_net_kg_estimated then 'weight_estimated'
            when guessing.reporter is not null then 'reporter_estimates_most_weights'
        end as reason
    from flows
    left join listed
        on listed.product_code = flows.product_code
        and listed.hs_revision = flows.hs_revision
    left join guessing
        on guessing.freq = flows.freq
        and guessing.period = flows.period
        and guessing.role = flows.role
        and guessing.reporter = flows.reporter

),

judged as {{ read_in_place() }} (

    select
        *,
        case when reason is null then ln(unit_value_usd_kg) end as unit_value_log
    from examined

),

quartiles as (

    select
        freq, role, hs_revision, product_code, year,
        count(*) as cells,
        percentile_cont(0.25) within group (order by unit_value_log) as lower_log,
        percentile_cont(0.50) within group (order by unit_value_log) as median_log,
        percentile_cont(0.75) within group (order by unit_value_log) as upper_log
    from judged
    where reason is null
    group by freq, role, hs_revision, product_code, year
    having count(*) >= {{ var('unit_value_cells') }}

),

scored as (

    select
        judged.*,
        case when judged.unit_value_log is not null then quartiles.cells end as reference_cells,
        case when judged.unit_value_log is not null then quartiles.median_log end as median_log,
        judged.unit_value_log - quartiles.median_log as distance_log,
        -- the quartiles of a normal distribution lie 1.349 standard deviations apart
        (judged.unit_value_log - quartiles.median_log)
            / greatest((quartiles.upper_log - quartiles.lower_log) / 1.349, {{ var('z_floor') }}) as z
    from judged
    left join quartiles
        on quartiles.freq = judged.freq
        and quartiles.role = judged.role
        and quartiles.hs_revision = judged.hs_revision
        and quartiles.product_code = judged.product_code
        and quartiles.year = judged.year

)

select
    freq,
    period,
    role,
    reporter,
    partner,
    product_code,
    hs_revision,
    is_listed,

    coalesce(reason, case when reference_cells is null then 'too_few_to_compare' end) as reason,
    case
        when abs(distance_log) > ln({{ var('unit_value_error_ratio') }}) then 'unit_error'
        when z >= {{ var('unit_value_z') }} then 'high'
        when z <= -{{ var('unit_value_z') }} then 'low'
        when z is not null then 'none'
    end as anomaly,

    value_usd,
    net_kg,
    case when reason is null then unit_value_usd_kg end as unit_value_usd_kg,
    exp(median_log) as median_usd_kg,
    reference_cells,
    case when z is not null then least(greatest(z, -{{ var('z_cap') }}), {{ var('z_cap') }}) end as z,
    quantity,
    quantity_unit,
    is_quantity_estimated
from scored
where is_listed
    or abs(z) >= {{ var('unit_value_z') }}
    or abs(distance_log) > ln({{ var('unit_value_error_ratio') }})
