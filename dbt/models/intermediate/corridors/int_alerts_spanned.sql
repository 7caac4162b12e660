-- When an alert began and ended, as a machine with two states and hysteresis: it enters with z of `z_enter` or more for
-- `z_months` months in a row, or when the Commission's criterion becomes true; it leaves with z below `z_exit` for as
-- many months. A month that the exporters did not publish breaks a row of months and changes no state. Exports that are
-- published by year alone have no z: they enter and leave with the Commission's criterion, year by year.
--
-- Twice: with the figures as they are `now`, and as they were `first` published, for the series that a release changed. A
-- span that is in one of the two only was created by a later release, or cleared by it (`effect`).
{% set needed = var('z_months') %}
{% set series = 'freq, values_as, exporter, importer_iso3, goods' %}
with

all_excesses as (

    select * from {{ ref('int_excesses_estimated') }}
    where exporter_kind = 'bloc' and importer_role = 'transit' and baseline_kind = 'default'

),

by_month as (

    select distinct exporter, importer_iso3, goods from all_excesses where freq = 'M'

),

excesses as (

    select all_excesses.*
    from all_excesses
    left join by_month
        on by_month.exporter = all_excesses.exporter
        and by_month.importer_iso3 = all_excesses.importer_iso3
        and by_month.goods = all_excesses.goods
    where all_excesses.freq = 'M' or by_month.goods is null

),

baselines as (

    select * from {{ ref('int_baselines_estimated') }}
    where freq = 'M' and series = 'export' and baseline_kind = 'default'

),

series as (

    select * from {{ ref('int_series_summed') }} where exporter_kind = 'bloc'

),

-- a month is mirrored where both sides are compared in it, or in its year: some importers publish by year alone
flows as (

    select
        series.freq,
        series.period,
        series.exporter,
        series.importer_iso3,
        series.goods,
        series.compared_export_usd is not null or years.compared_export_usd is not null as is_mirrored
    from series
    left join series as years
        on years.freq = 'A'
        and years.period = {{ dbt.date_trunc('year', 'series.period') }}
        and years.exporter = series.exporter
        and years.importer_iso3 = series.importer_iso3
        and years.goods = series.goods

),

changes as (

    select * from {{ ref('int_changes_summed') }}

),

changed as (

    select distinct exporter, importer_iso3, goods from changes

),

months as (

    select
        'now' as values_as,
        excesses.freq,
        excesses.exporter,
        excesses.importer_iso3,
        excesses.goods,
        excesses.goods_kind,
        excesses.period,
        excesses.z,
        excesses.is_ec_criterion,
        flows.is_mirrored
    from excesses
    inner join flows
        on flows.freq = excesses.freq
        and flows.exporter = excesses.exporter
        and flows.importer_iso3 = excesses.importer_iso3
        and flows.goods = excesses.goods
        and flows.period = excesses.period
    union all
    select
        'first' as values_as,
        excesses.freq,
        excesses.exporter,
        excesses.importer_iso3,
        excesses.goods,
        excesses.goods_kind,
        excesses.period,
        case
            when excesses.z is not null
                then {{ robust_z(asinh_scaled('greatest(excesses.value_usd - coalesce(changes.change_usd, 0), 0)'),
                    'baselines.median_y', 'baselines.scale_y') }}
        end as z,
        excesses.is_ec_criterion,
        flows.is_mirrored
    from excesses
    inner join changed
        on changed.exporter = excesses.exporter
        and changed.importer_iso3 = excesses.importer_iso3
        and changed.goods = excesses.goods
        and excesses.freq = 'M'
    inner join flows
        on flows.freq = excesses.freq
        and flows.exporter = excesses.exporter
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
            when freq = 'A' and is_ec_criterion then 'enter'
            when freq = 'A' and not is_ec_criterion then 'leave'
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
        lead(period) over (partition by {{ series }} order by month_number nulls last) as left_in
    from transitions

),

entered as (

    select
        values_as,
        freq,
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
        {{ last_month("freq = 'A'") }} as seen_on,
        cast(case freq when 'A' then left_in else {{ dbt.dateadd('month', 1 - needed, 'left_in') }} end as date) as left_on,
        {{ last_month("freq = 'A'", 'left_in') }} as left_seen_on,
        case rule when 'z' then mirrored_months = {{ needed }} else is_mirrored end as is_mirrored
    from spans
    where step = 'enter'

),

-- spans that overlap one of the other figures: a release neither created nor cleared them
in_both as (

    select distinct
        entered.values_as, entered.exporter, entered.importer_iso3, entered.goods, entered.entered_on
    from entered
    inner join entered as others
        on others.values_as <> entered.values_as
        and others.exporter = entered.exporter
        and others.importer_iso3 = entered.importer_iso3
        and others.goods = entered.goods
        and others.entered_on <= coalesce(entered.left_on, cast('9999-12-31' as date))
        and coalesce(others.left_on, cast('9999-12-31' as date)) >= entered.entered_on

)

select
    entered.*,
    case
        when changed.goods is null or in_both.goods is not null then null
        when entered.values_as = 'now' then 'created'
        else 'cleared'
    end as effect
from entered
left join changed
    on changed.exporter = entered.exporter
    and changed.importer_iso3 = entered.importer_iso3
    and changed.goods = entered.goods
left join in_both
    on in_both.values_as = entered.values_as
    and in_both.exporter = entered.exporter
    and in_both.importer_iso3 = entered.importer_iso3
    and in_both.goods = entered.goods
    and in_both.entered_on = entered.entered_on
