-- When an alert began and ended, as a machine with two states and hysteresis: it enters with z of `z_enter` or more for
-- `z_months` months in a row, or when the Commission's criterion becomes true; it leaves with z below `z_exit` for as
-- many months. A month that the exporters did not publish breaks a row of months and changes no state.
--
-- Twice: with the figures as they are `now`, and as they were said `first`, for the series that a release changed.
{% set needed = var('z_months') %}
{% set series = 'values_as, exporter, importer_iso3, goods' %}
with

excesses as (

    select * from {{ ref('excess_trade') }}
    where freq = 'M' and exporter_kind = 'bloc' and baseline_id = '{{ var("baseline") }}'

),

baselines as (

    select * from {{ ref('flow_baselines') }}
    where freq = 'M' and series = 'export' and baseline_id = '{{ var("baseline") }}'

),

flows as (

    select * from {{ ref('corridor_flows') }} where exporter_kind = 'bloc' and importer_role = 'transit'

),

changes as (

    select * from {{ ref('int_changes_summed') }}

),

touched as (

    select distinct exporter, importer_iso3, goods from changes

),

months as (

    select
        'now' as values_as,
        excesses.exporter,
        excesses.importer_iso3,
        excesses.goods,
        excesses.goods_kind,
        excesses.period,
        excesses.z,
        excesses.is_ec_criterion,
        flows.compared_export_usd is not null as is_mirrored
    from excesses
    inner join flows
        on flows.exporter = excesses.exporter
        and flows.importer_iso3 = excesses.importer_iso3
        and flows.goods = excesses.goods
        and flows.period = excesses.period
    union all
    select
        'first' as values_as,
        excesses.exporter,
        excesses.importer_iso3,
        excesses.goods,
        excesses.goods_kind,
        excesses.period,
        case
            when excesses.z is not null
                then {{ robust_z(asinh_scaled('greatest(excesses.value_usd - coalesce(changes.change_usd, 0), 0)'),
                    'baselines.median_asinh', 'baselines.scale_asinh') }}
        end as z,
        excesses.is_ec_criterion,
        flows.compared_export_usd is not null as is_mirrored
    from excesses
    inner join touched
        on touched.exporter = excesses.exporter
        and touched.importer_iso3 = excesses.importer_iso3
        and touched.goods = excesses.goods
    inner join flows
        on flows.exporter = excesses.exporter
        and flows.importer_iso3 = excesses.importer_iso3
        and flows.goods = excesses.goods
        and flows.period = excesses.period
    left join baselines
        on baselines.exporter = excesses.exporter
        and baselines.importer_iso3 = excesses.importer_iso3
        and baselines.goods = excesses.goods
    left join changes
        on changes.exporter = excesses.exporter
        and changes.importer_iso3 = excesses.importer_iso3
        and changes.goods = excesses.goods
        and changes.period = excesses.period

),

numbered as (

    select *, {{ month_number('period') }} as month_number from months

),

rows_of_months as (

    select
        *,
        count(case when z >= {{ var('z_enter') }} then 1 end) over recent as high_months,
        count(case when z < {{ var('z_exit') }} then 1 end) over recent as low_months,
        count(case when is_mirrored then 1 end) over recent as mirrored_months,
        is_ec_criterion and coalesce(max(case when is_ec_criterion then 1 else 0 end) over before, 0) = 0
            as has_become_ec_criterion
    from numbered
    window
        recent as (
            partition by {{ series }}
            order by month_number nulls last range between {{ needed - 1 }} preceding and current row
        ),
        before as (partition by {{ series }} order by month_number nulls last range between 1 preceding and 1 preceding)

),

steps as (

    select
        *,
        case
            when high_months = {{ needed }} then 'enter'
            when low_months = {{ needed }} then 'leave'
            when has_become_ec_criterion then 'enter'
        end as step,
        case when high_months = {{ needed }} then 'z' else 'ec_criterion' end as rule
    from rows_of_months

),

-- only what changes the state
transitions as (

    select *
    from (
        select *, lag(step) over (partition by {{ series }} order by month_number nulls last) as step_before
        from steps
        where step is not null
    ) as stepped
    where step <> coalesce(step_before, 'leave')

),

spans as (

    select
        *,
        lead(period) over (partition by {{ series }} order by month_number nulls last) as left_seen_on
    from transitions

)

select
    values_as,
    exporter,
    importer_iso3,
    goods,
    goods_kind,
    rule,
    -- the first month of those that made the rule true, and the last
    cast(case rule
        when 'z' then {{ dbt.dateadd('month', 1 - needed, 'period') }}
        else period
    end as date) as entered_on,
    period as seen_on,
    cast({{ dbt.dateadd('month', 1 - needed, 'left_seen_on') }} as date) as left_on,
    left_seen_on,
    case rule when 'z' then mirrored_months = {{ needed }} else is_mirrored end as is_mirrored
from spans
where step = 'enter'
