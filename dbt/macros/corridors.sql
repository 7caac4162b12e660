{#
  What the risk of a corridor is computed with: sums over twelve months, and METHODS 2.14's scores. tests/test_risk.py
  holds the formulas against their Python twins.
#}

{# What a change is measured against, one row each: the default baseline, the further ones of dbt_project.yml, and for
   each year of the default one the rest of it. By the last the method is tried on years when nothing had happened:
   how often it fires there is its rate of false alarms. `left_out_year` 0 leaves nothing out. #}
{% macro baseline_windows() -%}
    {%- set default = var('baselines') | selectattr('id', 'equalto', var('baseline')) | first -%}
    {%- set windows = [] -%}
    {%- for window in var('baselines') -%}
        {%- do windows.append((window.id, window, 'default' if window.id == var('baseline') else 'further', 0)) -%}
    {%- endfor -%}
    {%- for year in range(default.first[:4] | int, default.last[:4] | int + 1) -%}
        {%- do windows.append((default.id ~ '_without_' ~ year, default, 'left_out', year)) -%}
    {%- endfor -%}
    {%- for id, window, kind, year in windows %}
    select
        '{{ id }}' as baseline_id,
        '{{ kind }}' as baseline_kind,
        cast('{{ window.first }}' as date) as first_month,
        cast('{{ window.last }}' as date) as last_month,
        {{ year }} as left_out_year,
        {{ 'true' if id in var('baselines_of_products') else 'false' }} as is_of_products
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{# The period is one of those that make the baseline. #}
{% macro is_in_baseline(series, windows) -%}
    ({{ is_within(series ~ '.freq', series ~ '.period', windows ~ '.first_month', windows ~ '.last_month') }}
        and extract(year from {{ series }}.period) <> {{ windows }}.left_out_year)
{%- endmacro %}

{# Every series is measured against the default baseline; product groups and listed goods against further ones; and
   screened corridors against what is left of the default one. #}
{% macro has_baseline(series, windows) -%}
    case {{ windows }}.baseline_kind
        when 'default' then true
        when 'further' then {{ series }}.goods_kind = 'basket' or ({{ series }}.is_listed and {{ windows }}.is_of_products)
        else {{ series }}.is_screened
    end
{%- endmacro %}

{# Of those the change of a period is computed: of blocs against every baseline, and of countries, which have no class,
   against the default one. The year that a baseline leaves out is the only one held against it. #}
{% macro is_measured(series, windows) -%}
    ({{ has_baseline(series, windows) }}) and case {{ windows }}.baseline_kind
        when 'default' then true
        when 'further' then {{ series }}.exporter_kind = 'bloc'
        else {{ series }}.exporter_kind = 'bloc' and extract(year from {{ series }}.period) = {{ windows }}.left_out_year
    end
{%- endmacro %}

{# What of it is published: what comes after the baseline, and of screened corridors the months of the default baseline
   too, which show how quiet it was. #}
{% macro is_published(measured) -%}
    case {{ measured }}.baseline_kind
        when 'default' then {{ measured }}.is_after_baseline or {{ measured }}.is_screened
        when 'further' then {{ measured }}.is_after_baseline
        else false
    end
{%- endmacro %}

{# Months since the year 0: for frames of a window that count months and not rows. #}
{% macro month_number(period) -%}
    cast(12 * extract(year from {{ period }}) + extract(month from {{ period }}) as integer)
{%- endmacro %}

{# A sum, and a count, over the twelve months that end with the row's. Exact like exact_sum; `month_number` counts the
   months, so that a month without a row is a hole and not skipped. #}
{% macro year_sum(column, series) -%}
    cast(sum(cast({{ column }} as decimal(38, 6))) over (
        partition by {{ series }} order by month_number nulls last range between 11 preceding and current row
    ) as double)
{%- endmacro %}

{% macro year_count(column, series) -%}
    count({{ column }}) over (
        partition by {{ series }} order by month_number nulls last range between 11 preceding and current row
    )
{%- endmacro %}

{# How far along from `low` to `high`, in [0, 1]; NULL stays NULL (METHODS 2.14, sat). #}
{% macro saturated(x, low, high) -%}
    (case
        when {{ x }} is null then null
        when {{ x }} <= {{ low }} then 0.0
        when {{ x }} >= {{ high }} then 1.0
        else ({{ x }} - {{ low }}) / ({{ high }} - {{ low }})
    end)
{%- endmacro %}

{# The weighted mean, 0 to 100, of the components that are known; NULL where too little weight is. `weights` is
   component → weight; `prefix` is what the columns of the components begin with. #}
{% macro weighted_score(weights, prefix) -%}
    {%- set known = [] -%}
    {%- set weighted = [] -%}
    {%- for name, weight in weights.items() -%}
        {%- do known.append('case when ' ~ prefix ~ name ~ ' is null then 0 else ' ~ weight ~ ' end') -%}
        {%- do weighted.append(weight ~ ' * coalesce(' ~ prefix ~ name ~ ', 0)') -%}
    {%- endfor -%}
    (case
        when {{ known | join(' + ') }} >= {{ var('weight_needed') }} * {{ weights.values() | sum }} - 0.000001
            then 100 * ({{ weighted | join(' + ') }}) / ({{ known | join(' + ') }})
    end)
{%- endmacro %}

{# Whether a year's exports and imports may be held against each other: most of its months, and of its exports. #}
{% macro is_comparable(months, compared, recorded) -%}
    ({{ months }} >= {{ var('compared_share') }} * 12 and {{ compared }} >= {{ var('compared_share') }} * {{ recorded }})
{%- endmacro %}

{# By which route a window is unusual; NULL where by none. Growth alone is no route: exports rose by so much that the
   rise can be judged, and half of it at least is unmirrored at the interval's near end, or can have been re-exported.
   In a product group honest goods grow beside the others: there a quarter of the rise is enough. #}
{% macro risk_route() -%}
    {%- set unmirrored = route_is_taken('unmirrored', 'c_ghost', 'added_export_usd', 'baseline_compared_export_usd') -%}
    {%- set re_exported = '(' ~ route_is_taken('re_exported', 'c_chain', 'excess_usd', 'baseline_export_usd')
        ~ ' and ' ~ is_new_trade() ~ ')' -%}
    case
        when {{ unmirrored }} and {{ re_exported }} and anomaly_re_exported > anomaly_unmirrored then 're_exported'
        when {{ unmirrored }} then 'unmirrored'
        when {{ re_exported }} then 're_exported'
    end as route_kind
{%- endmacro %}

{% macro route_is_taken(route, share, rise, baseline) -%}
    (anomaly_{{ route }} >= {{ var('anomaly_least') }} and {{ share }} >= case goods_kind when 'basket' then {{ var('basket_route_share') }} else {{ var('route_share') }} end
        and {{ rise }} >= greatest({{ var('ghost_min_share') }} * {{ baseline }}, {{ var('ghost_min_usd') }}))
{%- endmacro %}

{# A quarter more beside an old trade is no sign of re-exports: the exports to the transit country grew by half, from
   nothing, or what it exports to the destinations is new. #}
{% macro is_new_trade() -%}
    (baseline_export_usd = 0
        or growth_ratio >= {{ var('re_export_least_growth') }}
        or baseline_onward_export_usd < {{ var('new_onward_share') }} * onward_export_usd)
{%- endmacro %}

{# The deprecated values of `route`; both are published for one release. #}
{% macro deprecated_route(route_kind) -%}
    case {{ route_kind }} when 'unmirrored' then 'never_arrived' when 're_exported' then 'went_on' end
{%- endmacro %}

{# Unusual by a route: of twelve months in as many windows in a row as a signal needs, because goods under way at the
   end of one are none; of a year, and of a year of the baseline, by itself. #}
{% macro is_unusual(series) -%}
    (route_kind is not null and (
        window_kind = 'year' or left_out_year > 0
        or count(route_kind) over (
            partition by {{ series }} order by {{ month_number('period') }} nulls last
            range between {{ var('windows_needed') - 1 }} preceding and current row
        ) >= {{ var('windows_needed') }}
    ))
{%- endmacro %}

{# Why a window may be the error of one period and no change; NULL where it persists. A year needs the one before or
   after it: those of the baseline, which have no neighbours, are judged alone. Months need so many far above the
   baseline, and none that holds most of what was added. #}
{% macro doubt_of_persistence(series) -%}
    (case
        when window_kind = 'year' and left_out_year = 0 and count(route_kind) over (
            partition by {{ series }} order by {{ month_number('period') }} nulls last
            range between 12 preceding and 12 following
        ) < {{ var('windows_needed') }} then 'one_year'
        when largest_month_excess_usd > {{ var('month_share_most') }} * excess_usd then 'one_month'
        when high_months < {{ var('high_months_needed') }} then 'few_high_months'
    end)
{%- endmacro %}

{# The month lies far above the baseline: by its normal spread, or by so many times the mean month, and not in trifles. #}
{% macro is_high_month() -%}
    (z >= {{ var('z_enter') }}
        or value_usd >= greatest({{ var('high_month_ratio') }} * baseline_usd, {{ var('min_value_usd') }}))
{%- endmacro %}

{# A signal's class (METHODS 2.14 and E9): unusual and nothing against it; unusual, and `reason` has what is against it;
   neither unusual nor documented well enough to say so; or no signal. #}
{% macro risk_class() -%}
    (case
        when reason in ('no_admissible_mirror', 'too_few_components') then 'not_enough_data'
        when is_unusual and reason is null then 'investigate'
        when is_unusual then 'verify_data'
        when reason is null then 'no_signal'
        else 'not_enough_data'
    end)
{%- endmacro %}

{# The values of `class` before it was put in readers' words; both are published for one release. #}
{% macro deprecated_class() -%}
    case
        when class in ('investigate', 'verify_data') then class
        when class = 'no_signal' then 'monitor'
        when reason = 'too_little_documented' then 'low'
    end
{%- endmacro %}

{# The two bounds of a component whose scale is one of logs. #}
{% macro logs(name) -%} {{ return(['ln(' ~ var(name)[0] ~ ')', 'ln(' ~ var(name)[1] ~ ')']) }} {%- endmacro %}

{# Both sides of twelve months compared, beside the same of the baseline; NULL where they may not be. #}
{% macro compared_columns() -%}
    export_value_usd - baseline_export_usd as excess_usd,
    export_value_usd / nullif(baseline_export_usd, 0) as growth_ratio,
    case when is_admissible then compared_export_usd - baseline_compared_export_usd end as added_export_usd,
    case when is_admissible then compared_import_usd - baseline_import_usd end as arrived_extra_usd,
    case when is_admissible then {{ gap_usd('compared_export_usd', 'compared_import_usd') }} end as gap_usd,
    case when is_admissible then {{ gap_usd('compared_export_usd', 'compared_import_high_usd') }} end as gap_low_usd,
    case when is_admissible then {{ gap_usd('compared_export_usd', 'compared_import_low_usd') }} end as gap_high_usd,
    -- in log points; with a zero on either side, in those of asinh, which are the same for large values
    case
        when not is_admissible then null
        when least(compared_export_usd, compared_import_usd, baseline_compared_export_usd, baseline_import_usd) > 0
            then {{ gap_log('compared_export_usd', 'compared_import_usd') }}
                - {{ gap_log('baseline_compared_export_usd', 'baseline_import_usd') }}
        else {{ gap_asinh('compared_export_usd', 'compared_import_usd') }}
            - {{ gap_asinh('baseline_compared_export_usd', 'baseline_import_usd') }}
    end as gap_shift_log,
    -- only what was imported can be re-exported
    case
        when is_admissible then compared_export_usd > baseline_compared_export_usd
            and compared_import_usd - baseline_import_usd
                < {{ var('ghost_min_share') }} * (compared_export_usd - baseline_compared_export_usd)
    end as has_nothing_to_re_export
{%- endmacro %}

{# The components of METHODS 2.14, each from 0 to 1: NULL where it cannot be known, 0 where it is known to be nothing.
   From nothing, growth is beyond any bound; where nothing was added, nothing of it can be unmirrored or re-exported. #}
{% macro risk_components() -%}
    {% set after_arrival = 'when has_nothing_to_re_export or has_nothing_to_re_export is null then null' -%}
    case
        when baseline_export_usd > 0 then {{ saturated('ln(nullif(growth_ratio, 0))', *logs('growth_bounds')) }}
        else 1.0
    end as c_growth,
    case
        when excess_usd > 0 then {{ saturated('ln(excess_usd)', *logs('excess_bounds_usd')) }}
        else 0.0
    end as c_excess,
    {{ saturated('gap_shift_log', *var('gap_shift_bounds')) }} as c_gap_shift,
    case
        when added_export_usd > 0 then least(1.0, ghost_low_usd / added_export_usd)
        when added_export_usd is not null then 0.0
    end as c_ghost,
    case
        {{ after_arrival }}
        when chain_upper_usd is null then null
        when in_excess_usd > 0 then least(1.0, chain_upper_usd / in_excess_usd)
        else 0.0
    end as c_chain,
    case when drop_usd > 0 then {{ saturated('(excess_usd / drop_usd)', *var('substitution_bounds')) }} end
        as c_substitution,
    case
        {{ after_arrival }}
        when out_excess_usd is null then null
        when in_excess_usd > 0 then {{ saturated('(out_excess_usd / in_excess_usd)', *var('re_export_bounds')) }}
        else 0.0
    end as c_re_export,
    cast(high_z_months as double) / 12 as c_persistence,
    case
        {{ after_arrival }}
        else {{ saturated('price_premium_ratio', *var('price_premium_bounds')) }}
    end as c_price_premium,

    covered_usd / nullif(recorded_usd, 0) as e_coverage,
    case when importer_noise_sd >= 1 then 0.0 else 1 - importer_noise_sd end as e_reliability,
    cast(concordance_quality as double) as e_concordance,
    coalesce(weighed_usd, 0) / nullif(export_value_usd, 0) as e_quantities,
    cast(case
        when {{ is_sign_robust('gap_low_usd', 'gap_high_usd') }} then 1
        when gap_low_usd is not null then 0
    end as double) as e_sign,
    cast(case when transit_iso3 in ('{{ var('hubs') | join("', '") }}') then 0 else 1 end as double) as e_partner_basis,
    coalesce(settled_usd, 0) / nullif(export_value_usd, 0) as e_finality
{%- endmacro %}

{# The weighted mean, 0 to 100, in which what is not known counts as nothing: documentation that is missing is not
   there (E4). #}
{% macro documented_score(weights, prefix) -%}
    {%- set weighted = [] -%}
    {%- for name, weight in weights.items() -%}
        {%- do weighted.append(weight ~ ' * coalesce(' ~ prefix ~ name ~ ', 0)') -%}
    {%- endfor -%}
    (100 * ({{ weighted | join(' + ') }}) / {{ weights.values() | sum }})
{%- endmacro %}

{# Both scores of a row of components, and the anomaly by each of the two routes alone. #}
{% macro risk_scores() -%}
    {{ weighted_score(var('anomaly_weights'), 'c_') }} as anomaly,
    {{ documented_score(var('evidence_weights'), 'e_') }} as evidence
    {%- for route, names in var('anomaly_routes').items() -%}
    {%- set weights = {} -%}
    {%- for name in names -%} {%- do weights.update({name: var('anomaly_weights')[name]}) -%} {%- endfor -%}
    ,
    {{ weighted_score(weights, 'c_') }} as anomaly_{{ route }}
    {%- endfor %}
{%- endmacro %}

{# The columns of the above, by name: what evidence_json holds and corridor_evidence has as columns. #}
{% macro risk_inputs() -%}
    {{ return([
        'export_value_usd', 'baseline_export_usd', 'excess_usd', 'growth_ratio',
        'compared_export_usd', 'baseline_compared_export_usd', 'added_export_usd',
        'compared_import_usd', 'baseline_import_usd', 'arrived_extra_usd',
        'gap_usd', 'gap_low_usd', 'gap_high_usd', 'gap_shift_log', 'ghost_low_usd', 'ghost_high_usd',
        'in_excess_usd', 'largest_month_excess_usd', 'high_months', 'high_z_months', 'out_excess_usd', 'onward_export_usd',
        'baseline_onward_export_usd', 'chain_upper_usd', 'chain_arrived_usd', 'drop_usd', 'price_premium_ratio',
        'covered_usd', 'recorded_usd', 'importer_noise_sd', 'concordance_quality', 'weighed_usd', 'settled_usd',
    ]) }}
{%- endmacro %}

{# A row's evidence as JSON: components with their weights, inputs, the rows behind it, and the query over the
   published tables that gives all of it back. Quotation marks of SQL are written chr(39): engines escape them
   differently. #}
{% macro evidence_json() -%}
    {%- set parts = [] -%}
    {%- for title, weights, prefix in [
        ('components', var('anomaly_weights'), 'c_'),
        ('documentation', var('evidence_weights'), 'e_'),
    ] -%}
        {%- set members = [] -%}
        {%- for name, weight in weights.items() -%}
            {%- do members.append("'\"" ~ name ~ "\": {\"weight\": " ~ weight ~ ", \"value\": ' || "
                ~ json_number(prefix ~ name) ~ " || '}'") -%}
        {%- endfor -%}
        {%- do parts.append(json_object(title, members)) -%}
    {%- endfor -%}
    {%- set members = [] -%}
    {%- for name in risk_inputs() -%}
        {%- do members.append("'\"" ~ name ~ "\": ' || " ~ json_number(name)) -%}
    {%- endfor -%}
    {%- do parts.append(json_object('inputs', members)) -%}
    {%- set first_month = 'cast(' ~ dbt.dateadd('month', -11, 'last_month') ~ ' as date)' -%}
    {%- set corridor = [('exporter', 'exporter_bloc'), ('importer_iso3', 'transit_iso3'), ('goods', 'goods')] -%}
    {%- for table, key in [
        ('corridor_flows', corridor + [('from', first_month), ('to', 'last_month')]),
        ('ghost_trade', corridor + [('window_kind', 'window_kind'), ('period', 'period'), ('baseline_id', 'baseline_id')]),
    ] -%}
        {%- set members = [] -%}
        {%- for name, value in key -%}
            {%- do members.append("'\"" ~ name ~ "\": \"' || cast(" ~ value ~ " as " ~ dbt.type_string() ~ ") || '\"'") -%}
        {%- endfor -%}
        {%- do parts.append(json_object(table, members)) -%}
    {%- endfor -%}
    {%- set conditions = [] -%}
    {%- for name, type in [
        ('exporter_bloc', ''), ('transit_iso3', ''), ('goods', ''), ('window_kind', ''), ('period', 'date '),
    ] -%}
        {%- do conditions.append("'" ~ name ~ " = " ~ type ~ "' || chr(39) || cast(" ~ name ~ " as "
            ~ dbt.type_string() ~ ") || chr(39)") -%}
    {%- endfor -%}
    {%- do parts.append("'\"query\": \"select * from corridor_evidence where ' || "
        ~ conditions | join(" || ' and ' || ") ~ " || '\"'") -%}
    '{' || {{ parts | join(" || ', ' || ") }} || '}'
{%- endmacro %}

{% macro json_object(name, members) -%} '"{{ name }}": {' || {{ members | join(" || ', ' || ") }} || '}' {%- endmacro %}

{# USD to the cent, all else to a millionth: engines differ in the last digits of a double. #}
{% macro json_number(column) -%}
    coalesce(cast(cast({{ column }} as decimal(38, {{ 2 if column.endswith('_usd') else 6 }})) as {{ dbt.type_string() }}), 'null')
{%- endmacro %}
