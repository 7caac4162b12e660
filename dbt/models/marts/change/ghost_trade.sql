-- How much of what was exported on top of the baseline did not arrive in the importer's books: two estimates whose
-- difference is known (METHODS 2.9), over three margins. Both books are compared where a gap may be stated, summed over
-- a year or over twelve months; in months the imports of `monthly_lag` later answer the exports, and of twelve months
-- those that may be compared are, where they hold `compared_share` of the months and of the exports.
--
-- The second interval adds that both books err by as much as their reporters do elsewhere: nine of ten truths are in
-- it if the errors of the two sides are normal and their own. A bloc errs like an average exporter.
--
-- Where the baseline holds no exports there is no habit to subtract: the rate is undefined, and the interval is that
-- of the other estimate.
{% set margins = {'mid': '', 'low': '_low', 'high': '_high'} %}
{% set imports = ['import_fob_usd', 'import_fob_low_usd', 'import_fob_high_usd', 'import_cif_usd', 'import_as_fob_usd'] %}
{% set lag = var('monthly_lag') %}
{% set coverages = ['both_usd', 'strong_usd', 'medium_usd', 'weak_usd', 'silent_usd'] %}
with

series as (

    select
        *,
        12 * extract(year from period) + extract(month from period) as month_number
    from {{ ref('int_series_summed') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

windows as (

    {{ baseline_windows() }}

),

-- exports and the imports that answer them, on one row
answered as (

    select
        freq, period, month_number, exporter, exporter_kind, importer_iso3, goods, goods_kind,
        export_value_usd as recorded_export_usd,
        import_fob_usd is not null as is_importer_published,
        compared_export_usd as export_usd,
        compared_{{ imports | join(', compared_') }},
        {{ coverages | join(', ') }}
    from series
    where freq = 'A'
    union all
    select
        freq, period, month_number, exporter, exporter_kind, importer_iso3, goods, goods_kind,
        export_value_usd as recorded_export_usd,
        max(import_fob_usd) over answer is not null as is_importer_published,
        case when max(compared_export_usd) over answer is not null then compared_export_usd end as export_usd,
        {% for import in imports -%}
        case when compared_export_usd is not null then max(compared_{{ import }}) over answer end
            as compared_{{ import }},
        {% endfor -%}
        {{ coverages | join(', ') }}
    from series
    where freq = 'M'
    window answer as (
        partition by exporter, importer_iso3, goods
        order by month_number nulls last range between {{ lag }} following and {{ lag }} following
    )

),

-- a month's or a year's worth
baselines as (

    select
        answered.freq, answered.exporter, answered.importer_iso3, answered.goods, windows.baseline_id,
        {{ exact_sum('answered.export_usd') }} / count(*) as baseline_export_usd,
        {% for import in imports -%}
        {{ exact_sum('answered.compared_' ~ import) }} / count(*) as baseline_{{ import }}{{ ',' if not loop.last }}
        {% endfor %}
    from answered
    inner join windows
        on {{ is_within('answered.freq', 'answered.period', 'windows.first_month', 'windows.last_month') }}
        and (windows.is_of_products or answered.goods_kind = 'basket')
    where answered.export_usd is not null
    group by answered.freq, answered.exporter, answered.importer_iso3, answered.goods, windows.baseline_id
    having count(*) >= max({{ periods_needed('answered.freq', 'windows.first_month', 'windows.last_month') }})

),

years as (

    select
        'year' as window_kind, freq, period, exporter, exporter_kind, importer_iso3, goods, goods_kind,
        recorded_export_usd,
        is_importer_published,
        export_usd,
        {% for import in imports -%}
        compared_{{ import }} as {{ import }},
        {% endfor -%}
        {{ coverages | join(', ') }},
        1 as compared_periods,
        12 as compared_months
    from answered
    where freq = 'A' and recorded_export_usd is not null
    union all
    select
        'rolling_12' as window_kind, freq, period, exporter, exporter_kind, importer_iso3, goods, goods_kind,
        recorded_export_usd,
        is_importer_published,
        {% set is_comparable = is_comparable('compared_months', 'export_usd', 'recorded_export_usd') -%}
        case when {{ is_comparable }} then export_usd end as export_usd,
        {% for import in imports -%}
        case when {{ is_comparable }} then {{ import }} end as {{ import }},
        {% endfor -%}
        {{ coverages | join(', ') }},
        compared_months as compared_periods,
        compared_months
    from (
        select
            freq, period, exporter, exporter_kind, importer_iso3, goods, goods_kind,
            count(recorded_export_usd) over year as recorded_months,
            count(export_usd) over year as compared_months,
            count(case when is_importer_published then 1 end) over year = 12 as is_importer_published,
            cast(sum(cast(recorded_export_usd as decimal(38, 6))) over year as double) as recorded_export_usd,
            cast(sum(cast(export_usd as decimal(38, 6))) over year as double) as export_usd,
            {% for import in imports -%}
            cast(sum(cast(compared_{{ import }} as decimal(38, 6))) over year as double) as {{ import }},
            {% endfor -%}
            {% for coverage in coverages -%}
            cast(sum(cast({{ coverage }} as decimal(38, 6))) over year as double) as {{ coverage }}{{ ',' if not loop.last }}
            {% endfor %}
        from answered
        where freq = 'M'
        window year as (
            partition by exporter, importer_iso3, goods
            order by month_number nulls last range between 11 preceding and current row
        )
    ) as rolled
    where recorded_months = 12

),

compared as (

    select
        years.*,
        years.both_usd + years.strong_usd + years.medium_usd + years.weak_usd + years.silent_usd as covered_usd,
        windows.baseline_id,
        case when years.export_usd is not null then years.compared_periods * baselines.baseline_export_usd end as baseline_export_usd,
        {% for import in imports -%}
        case when years.export_usd is not null then years.compared_periods * baselines.baseline_{{ import }} end
            as baseline_{{ import }},
        {% endfor -%}
        baselines.goods is not null as has_baseline
    from years
    inner join windows
        on windows.is_of_products or years.goods_kind = 'basket'
    left join baselines
        on baselines.freq = years.freq
        and baselines.exporter = years.exporter
        and baselines.importer_iso3 = years.importer_iso3
        and baselines.goods = years.goods
        and baselines.baseline_id = windows.baseline_id

),

noises as (

    select country_iso3 as iso3, role, noise_sd
    from {{ ref('reporter_reliability') }}
    where variant = 'noise'

),

average_noises as (

    select
        avg(case when role = 'export' then noise_sd end) as export_noise_sd,
        avg(case when role = 'import' then noise_sd end) as import_noise_sd
    from noises

),

estimated as (

    select
        *,
        {% for margin, suffix in margins.items() -%}
        {% set m = 'import_fob' ~ suffix ~ '_usd' -%}
        {{ ghost_did('export_usd', 'baseline_export_usd', m, 'baseline_' ~ m) }} as did_{{ margin }}_usd,
        {{ ghost_rate('export_usd', 'baseline_export_usd', m, 'baseline_' ~ m) }} as rate_{{ margin }}_usd,
        {% endfor -%}
        export_usd - baseline_export_usd as added_export_usd,
        {{ var('noise_z') }} * sqrt(
            power(coalesce(exporters.noise_sd, average_noises.export_noise_sd) * export_usd, 2)
            + power(coalesce(importers.noise_sd, average_noises.import_noise_sd) * import_fob_usd, 2)
        ) as noise_usd
    from compared
    left join noises as exporters on exporters.iso3 = compared.exporter and exporters.role = 'export'
    left join noises as importers on importers.iso3 = compared.importer_iso3 and importers.role = 'import'
    cross join average_noises

)

select
    freq,
    window_kind,
    period,
    exporter,
    exporter_kind,
    importer_iso3,
    goods,
    goods_kind,
    baseline_id,

    cast(case when export_usd is not null then compared_months end as integer) as compared_months,
    coalesce(export_usd, recorded_export_usd) as export_value_usd,
    import_fob_usd,
    import_cif_usd,
    import_as_fob_usd,
    baseline_export_usd,
    baseline_import_fob_usd,
    baseline_import_cif_usd,
    baseline_import_as_fob_usd,
    added_export_usd,
    import_fob_usd - baseline_import_fob_usd as arrived_extra_usd,
    case when export_usd is not null then greatest(0, {{ gap_usd('export_usd', 'import_fob_usd') }}) end
        as ghost_gap_usd,
    did_mid_usd as ghost_did_usd,
    rate_mid_usd as ghost_rate_usd,
    -- `least` and `greatest` pass over what is undefined
    case when did_mid_usd is not null then
        greatest(0, least(did_mid_usd, did_low_usd, did_high_usd, rate_mid_usd, rate_low_usd, rate_high_usd))
    end as ghost_low_usd,
    case when did_mid_usd is not null then
        greatest(0, greatest(did_mid_usd, did_low_usd, did_high_usd, rate_mid_usd, rate_low_usd, rate_high_usd))
    end as ghost_high_usd,
    case when did_mid_usd is not null and noise_usd is not null then
        greatest(
            0, least(did_mid_usd, did_low_usd, did_high_usd, rate_mid_usd, rate_low_usd, rate_high_usd) - noise_usd
        )
    end as ghost_low_90_usd,
    case when did_mid_usd is not null and noise_usd is not null then
        greatest(
            0, greatest(did_mid_usd, did_low_usd, did_high_usd, rate_mid_usd, rate_low_usd, rate_high_usd) + noise_usd
        )
    end as ghost_high_90_usd,
    case
        when added_export_usd
            >= greatest({{ var('ghost_min_share') }} * baseline_export_usd, {{ var('ghost_min_usd') }})
            then did_mid_usd / added_export_usd
    end as ghost_share,

    both_usd / nullif(covered_usd, 0) as both_share,
    strong_usd / nullif(covered_usd, 0) as strong_share,
    medium_usd / nullif(covered_usd, 0) as medium_share,
    case
        when export_usd is null and not is_importer_published then 'importer_not_published'
        when export_usd is null then 'not_comparable'
        when not has_baseline then 'no_baseline'
        when baseline_export_usd = 0 then 'zero_baseline'
        when added_export_usd
            < greatest({{ var('ghost_min_share') }} * baseline_export_usd, {{ var('ghost_min_usd') }})
            then 'small_rise'
    end as reason,

    {{ provenance_columns() }}
from estimated
cross join builds
