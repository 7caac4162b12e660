-- Excess unmirrored exports, which are ghost trade: what was exported on top of the baseline and is not in the imports
-- that the partner reports. Two estimates whose difference is known (METHODS 2.9), over three margins. Both sides are
-- compared where a gap may be stated, summed over a year or over twelve months; in months the imports of `monthly_lag`
-- later mirror the exports, and of twelve months those that may be compared are, where they hold `compared_share` of
-- the months and of the exports.
--
-- The second interval adds the errors of both sides, of the window and of the baseline: nine of ten truths are in it if
-- they are normal. For a single good of a reporter that is rated by itself they are this reporter's, else what gaps of
-- that level and size stray by (int_gap_errors_estimated), half of it each side's (METHODS E3).
--
-- Where the baseline holds no exports, or less than may be looked at (min_value_usd a month), no share was missing
-- before: the rate is undefined, and the interval is that of the other estimate. One parcel lost in three years is no
-- rate.
{% set imports = ['import_fob_usd', 'import_fob_low_usd', 'import_fob_high_usd', 'import_cif_usd', 'import_as_fob_usd'] %}
{% set coverages = ['both_usd', 'strong_usd', 'medium_usd', 'weak_usd', 'silent_usd'] %}
{% set corridor = 'freq, exporter, importer_iso3, goods' %}
{% set lag = var('monthly_lag') %}
{% set last_month = last_month("freq = 'A'") %}
{% set months_old = months_between(last_month, "max(case when exporter_kind = 'bloc' then " ~ last_month ~ " end) over ()") %}
with

series as (

    select
        *,
        {{ month_number('period') }} as month_number,
        {{ months_old }} >= {{ var('late_months_monthly') }} as is_settled
    from {{ ref('int_series_summed') }}

),

windows as (

    {{ baseline_windows() }}

),

-- exports beside the imports that mirror them: of the same year, or of a later month; both are compared or neither
paired as (

    select
        freq, period, month_number, exporter, exporter_kind, importer_iso3, importer_role, goods, goods_kind,
        is_listed, is_screened, is_code_new, is_settled,
        export_value_usd as reported_export_usd,
        export_kg,
        concordance_quality,
        {{ coverages | join(', ') }},
        case freq when 'A' then import_fob_usd else max(import_fob_usd) over answer end is not null as is_importer_published,
        case
            when freq = 'A' or max(compared_export_usd) over answer is not null then compared_export_usd
        end as export_usd,
        {% for import in imports -%}
        case
            when freq = 'A' then compared_{{ import }}
            when compared_export_usd is not null then max(compared_{{ import }}) over answer
        end as {{ import }}{{ ',' if not loop.last }}
        {% endfor %}
    from series
    window answer as (
        partition by {{ corridor }}
        order by month_number nulls last range between {{ lag }} following and {{ lag }} following
    )

),

-- a month's or a year's worth
baselines as (

    select
        paired.freq, paired.exporter, paired.importer_iso3, paired.goods, windows.baseline_id,
        {% for import in imports -%}
        {{ exact_sum('paired.' ~ import) }} / count(*) as baseline_{{ import }},
        {% endfor -%}
        {{ exact_sum('paired.export_usd') }} / count(*) as baseline_export_usd,
        min(extract(year from paired.period)) = max(extract(year from paired.period)) as is_one_year,
        count(*) / case paired.freq when 'A' then 1e0 else 12e0 end as baseline_years
    from paired
    inner join windows
        on {{ is_in_baseline('paired', 'windows') }}
        and {{ has_baseline('paired', 'windows') }}
    where paired.export_usd is not null
    group by paired.freq, paired.exporter, paired.importer_iso3, paired.goods, windows.baseline_id
    having count(*) >= max({{ periods_needed('paired.freq', 'windows.first_month', 'windows.last_month', 'windows.left_out_year') }})

),

rolled as (

    select
        freq, period, exporter, exporter_kind, importer_iso3, importer_role, goods, goods_kind, is_listed, is_screened, is_code_new,
        {{ year_count('reported_export_usd', corridor) }} as reported_months,
        {{ year_count('export_usd', corridor) }} as compared_months,
        {{ year_count('case when is_importer_published then 1 end', corridor) }} = 12 as is_importer_published,
        {{ year_sum('reported_export_usd', corridor) }} as reported_export_usd,
        {{ year_sum('case when export_kg is not null then reported_export_usd end', corridor) }} as weighed_usd,
        {{ year_sum('case when is_settled then reported_export_usd end', corridor) }} as settled_usd,
        min(concordance_quality) over (
            partition by {{ corridor }} order by month_number nulls last range between 11 preceding and current row
        ) as concordance_quality,
        {% for value in coverages + ['export_usd'] + imports -%}
        {{ year_sum(value, corridor) }} as {{ value }}{{ ',' if not loop.last }}
        {% endfor %}
    from paired
    where freq = 'M'

),

years as (

    {% set key = 'freq, period, exporter, exporter_kind, importer_iso3, importer_role, goods, goods_kind, is_listed, is_screened, is_code_new' -%}
    select
        'year' as window_kind,
        {{ key }},
        reported_export_usd,
        is_importer_published,
        case when export_kg is not null then reported_export_usd end as weighed_usd,
        case when is_settled then reported_export_usd end as settled_usd,
        concordance_quality,
        {{ coverages | join(', ') }},
        export_usd,
        {{ imports | join(', ') }},
        1 as compared_periods,
        12 as compared_months
    from paired
    where freq = 'A' and reported_export_usd is not null
    union all
    select
        'rolling_12' as window_kind,
        {{ key }},
        reported_export_usd,
        is_importer_published,
        weighed_usd,
        settled_usd,
        concordance_quality,
        {{ coverages | join(', ') }},
        {% for value in ['export_usd'] + imports -%}
        case when {{ is_comparable('compared_months', 'export_usd', 'reported_export_usd') }} then {{ value }} end
            as {{ value }},
        {% endfor -%}
        compared_months as compared_periods,
        compared_months
    from rolled
    where reported_months = 12

),

compared as (

    select
        years.*,
        windows.baseline_id,
        windows.baseline_kind,
        windows.left_out_year,
        years.period > windows.last_month as is_after_baseline,
        {% for value in ['export_usd'] + imports -%}
        case when years.export_usd is not null then years.compared_periods * baselines.baseline_{{ value }} end
            as baseline_{{ value }},
        {% endfor -%}
        baselines.baseline_years,
        baselines.is_one_year as is_one_year_baseline,
        baselines.goods is not null as has_baseline
    from years
    inner join windows
        on {{ is_measured('years', 'windows') }}
        and (windows.left_out_year = 0 or years.freq = 'A' or extract(month from years.period) = 12)
    left join baselines
        on baselines.freq = years.freq
        and baselines.exporter = years.exporter
        and baselines.importer_iso3 = years.importer_iso3
        and baselines.goods = years.goods
        and baselines.baseline_id = windows.baseline_id

),

errors as (

    select exporter, importer_iso3, goods, level, size_class, error_sd, error_basis
    from {{ ref('int_gap_errors_estimated') }}

),

rated_reporters as (

    select country_iso3 as iso3, role, noise_sd
    from {{ ref('int_reporters_rated') }}
    where variant = 'noise' and not is_pooled

),

erring as (

    select
        compared.*,
        case when baseline_export_usd >= 12 * {{ var('min_value_usd') }} then baseline_export_usd end as rated_export_usd,
        greatest({{ var('ghost_min_share') }} * baseline_export_usd, {{ var('ghost_min_usd') }}) as added_export_least_usd,
        coalesce(exporters.noise_sd, errors.error_sd / sqrt(2)) as export_error_sd,
        coalesce(importers.noise_sd, errors.error_sd / sqrt(2)) as import_error_sd,
        case
            when exporters.noise_sd is not null and importers.noise_sd is not null then 'reporters'
            else errors.error_basis
        end as error_basis
    from compared
    left join errors
        on errors.exporter = compared.exporter
        and errors.importer_iso3 = compared.importer_iso3
        and errors.goods = compared.goods
        and errors.size_class = {{ size_class('greatest(compared.export_usd, compared.import_fob_usd)') }}
    left join rated_reporters as exporters
        on exporters.iso3 = compared.exporter
        and exporters.role = 'export'
        and errors.level = 'product'
    left join rated_reporters as importers
        on importers.iso3 = compared.importer_iso3
        and importers.role = 'import'
        and errors.level = 'product'

),

estimated as (

    select
        *,
        {% for margin in ['', '_low', '_high'] -%}
        {% set m = 'import_fob' ~ margin ~ '_usd' -%}
        {{ ghost_did('export_usd', 'baseline_export_usd', m, 'baseline_' ~ m) }} as did{{ margin }}_usd,
        {{ ghost_rate('export_usd', 'rated_export_usd', m, 'baseline_' ~ m) }} as rate{{ margin }}_usd,
        {% endfor -%}
        export_usd - baseline_export_usd as added_export_usd,
        {{ var('noise_z') }} * sqrt(
            power(export_error_sd, 2) * (power(export_usd, 2) + power(baseline_export_usd, 2) / baseline_years)
            + power(import_error_sd, 2) * (power(import_fob_usd, 2) + power(baseline_import_fob_usd, 2) / baseline_years)
        ) as error_usd
    from erring

),

-- `least` and `greatest` pass over what is undefined
bounded as (

    {% set estimates = 'did_usd, did_low_usd, did_high_usd, rate_usd, rate_low_usd, rate_high_usd' -%}
    select
        *,
        case when did_usd is not null then least({{ estimates }}) end as least_usd,
        case when did_usd is not null then greatest({{ estimates }}) end as most_usd
    from estimated

)

select
    freq, window_kind, period, exporter, exporter_kind, importer_iso3, importer_role, goods, goods_kind, is_screened,
    baseline_id, baseline_kind, left_out_year, is_after_baseline,

    reported_export_usd,
    cast(case when export_usd is not null then compared_months end as integer) as compared_months,
    export_usd as compared_export_usd,
    {{ imports | join(', ') }},
    baseline_export_usd,
    baseline_{{ imports | join(', baseline_') }},
    is_one_year_baseline,
    added_export_usd,
    import_fob_usd - baseline_import_fob_usd as added_import_usd,
    case when export_usd is not null then greatest(0, {{ gap_usd('export_usd', 'import_fob_usd') }}) end
        as ghost_gap_usd,
    did_usd as ghost_did_usd,
    rate_usd as ghost_rate_usd,
    case when least_usd is not null then greatest(0, least_usd) end as ghost_low_usd,
    case when most_usd is not null then greatest(0, most_usd) end as ghost_high_usd,
    case when least_usd - error_usd is not null then greatest(0, least_usd - error_usd) end as ghost_low_90_usd,
    case when most_usd + error_usd is not null then greatest(0, most_usd + error_usd) end as ghost_high_90_usd,
    case when error_usd is not null then error_basis end as error_basis,
    case when added_export_usd >= added_export_least_usd then did_usd / added_export_usd end as ghost_share,

    {{ coverages | join(', ') }},
    both_usd + strong_usd + medium_usd + weak_usd + silent_usd as covered_usd,
    weighed_usd,
    settled_usd,
    concordance_quality,
    case
        when export_usd is null and not is_importer_published then 'importer_not_published'
        when export_usd is null then 'not_comparable'
        when not has_baseline and is_code_new then 'code_is_new'
        when not has_baseline then 'no_baseline'
        when rated_export_usd is null then 'zero_baseline'
        when added_export_usd < added_export_least_usd then 'small_rise'
    end as reason
from bounded
