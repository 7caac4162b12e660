{#
  What the risk of a corridor is computed with: sums over twelve months, and METHODS 2.14's scores. tests/test_risk.py
  holds the formulas against their Python twins.
#}

{# Months since the year 0: for frames of a window that count months and not rows. #}
{% macro month_number(period) -%}
    cast(12 * extract(year from {{ period }}) + extract(month from {{ period }}) as integer)
{%- endmacro %}

{# A sum, and a count, over the twelve months that end with the row's, or so many months later. Exact like
   exact_sum; `month_number` counts the months, so that a month without a row is a hole and not skipped. #}
{% macro year_sum(column, series, shift=0) -%}
    cast(sum(cast({{ column }} as decimal(38, 6))) over (
        partition by {{ series }} order by month_number range between {{ 11 - shift }} preceding and {{ shift }} following
    ) as double)
{%- endmacro %}

{% macro year_count(column, series, shift=0) -%}
    count({{ column }}) over (
        partition by {{ series }} order by month_number range between {{ 11 - shift }} preceding and {{ shift }} following
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
    {%- set told = [] -%}
    {%- for name, weight in weights.items() -%}
        {%- do known.append('case when ' ~ prefix ~ name ~ ' is null then 0 else ' ~ weight ~ ' end') -%}
        {%- do told.append(weight ~ ' * coalesce(' ~ prefix ~ name ~ ', 0)') -%}
    {%- endfor -%}
    (case
        when {{ known | join(' + ') }} >= {{ var('weight_needed') }} * {{ weights.values() | sum }} - 0.000001
            then 100 * ({{ told | join(' + ') }}) / ({{ known | join(' + ') }})
    end)
{%- endmacro %}

{# A signal's class, from how unusual it is and how well that is documented (METHODS 2.14). #}
{% macro risk_class(anomaly, evidence) -%}
    (case
        when {{ anomaly }} is null or {{ evidence }} is null then null
        when {{ anomaly }} >= {{ var('anomaly_least') }} and {{ evidence }} >= {{ var('evidence_least') }} then 'investigate'
        when {{ anomaly }} >= {{ var('anomaly_least') }} then 'verify_data'
        when {{ evidence }} >= {{ var('evidence_least') }} then 'monitor'
        else 'low'
    end)
{%- endmacro %}


{% macro z_of(y, median, mad, floor) -%}
    least(greatest(({{ y }} - {{ median }}) / greatest(1.4826 * {{ mad }}, {{ floor }}), -{{ var('z_cap') }}), {{ var('z_cap') }})
{%- endmacro %}

{# The least or the greatest that two estimators and three margins allow of what was recorded as exported and did not
   arrive (METHODS 2.9): added exports less added imports, and exports at the baseline's rate of arrival less imports.
   Without exports in the baseline there is no rate. Columns of `windows`; never below zero. #}
{% macro ghost_bound(which) -%}
    greatest(0, {{ which }}(
        {% for margin in ['', '_low', '_high'] -%}
        (compared_export_usd - baseline_compared_export_usd)
            - (compared_import{{ margin }}_usd - baseline_import{{ margin }}_usd),
        compared_export_usd * baseline_import{{ margin }}_usd / nullif(baseline_compared_export_usd, 0)
            - compared_import{{ margin }}_usd{{ ',' if not loop.last }}
        {% endfor -%}
    ))
{%- endmacro %}

{# The two bounds of a component whose scale is one of logs. #}
{% macro logs(name) -%} {{ return(['ln(' ~ var(name)[0] ~ ')', 'ln(' ~ var(name)[1] ~ ')']) }} {%- endmacro %}
