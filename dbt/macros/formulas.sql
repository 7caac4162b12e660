{#
  The formulas of METHODS 2.4 and 2.5, once each. `x` is the export value, `m` the import value brought to
  FOB, both SQL expressions in USD. tests/test_formulas.py holds each against a Python twin.
#}

{# Imports are brought to FOB by dividing, never by multiplying with (1 - margin). #}
{% macro to_fob(value, margin) -%} ({{ value }} / (1 + {{ margin }})) {%- endmacro %}

{# Positive: recorded as exported, not recorded as imported. #}
{% macro gap_usd(x, m) -%} ({{ x }} - {{ m }}) {%- endmacro %}

{# Share of the export value; not clipped. #}
{% macro gap_share(x, m) -%} (({{ x }} - {{ m }}) / nullif({{ x }}, 0)) {%- endmacro %}

{# In log points; undefined when either side is nothing. #}
{% macro gap_log(x, m) -%}
    (case when {{ x }} > 0 and {{ m }} > 0 then ln({{ x }}) - ln({{ m }}) end)
{%- endmacro %}

{# Like gap_log for large values, and defined at zero. #}
{% macro gap_asinh(x, m) -%}
    (asinh({{ x }} / {{ var('asinh_scale_usd') }}) - asinh({{ m }} / {{ var('asinh_scale_usd') }}))
{%- endmacro %}

{# Symmetric difference index in [-1, 1]: 1 a lost export, -1 an orphan import; tanh(gap_log / 2). #}
{% macro sdi(x, m) -%} (({{ x }} - {{ m }}) / nullif({{ x }} + {{ m }}, 0)) {%- endmacro %}

{# Relative asymmetry in [0, 2], as Eurostat and the UN quote it. #}
{% macro relative_asymmetry(x, m) -%} (2 * abs({{ x }} - {{ m }}) / nullif({{ x }} + {{ m }}, 0)) {%- endmacro %}

{# The gap has one sign over the whole interval of margins. #}
{% macro is_sign_robust(gap_low, gap_high) -%} (sign({{ gap_low }}) = sign({{ gap_high }})) {%- endmacro %}

{# The chapter of an HS code or of a group of codes (G852581). #}
{% macro chapter_of(product_code) -%}
    (case when left({{ product_code }}, 1) = 'G' then substring({{ product_code }}, 2, 2) else left({{ product_code }}, 2) end)
{%- endmacro %}

{# Below HS4 a code means the same only within its revision; chapters and totals are the same in all. #}
{% macro comparable_revision(product_level, hs_revision) -%}
    (case when {{ product_level }} >= 4 then {{ hs_revision }} else 'any' end)
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

{# Robust z with a floor under the spread and a cap (METHODS 2.7). #}
{% macro z_of(y, median, mad, floor) -%}
    least(greatest(({{ y }} - {{ median }}) / greatest(1.4826 * {{ mad }}, {{ floor }}), -{{ var('z_cap') }}), {{ var('z_cap') }})
{%- endmacro %}
