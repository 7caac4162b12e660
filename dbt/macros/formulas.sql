{#
  The formulas of METHODS 2.4 and 2.5, once each. `x` is the export value, `m` the import value brought to
  FOB, both SQL expressions in USD. tests/dbt/test_formulas.py holds each against a Python twin.
#}

{# Imports are brought to FOB by dividing, never by multiplying with (1 - margin). #}
{% macro to_fob(value, margin) -%} ({{ value }} / (1 + {{ margin }})) {%- endmacro %}

{# An import of report_coverage brought to FOB at another of its margins; what is published FOB has one value. #}
{% macro import_fob_at(margin) -%}
    (case when import_basis = 'published_fob' then import_value_fob_usd else {{ to_fob('import_value_usd', margin) }} end)
{%- endmacro %}

{# Whether a gap may be stated: both sides are known, or what is missing has a bound (METHODS 2.3, E1). #}
{% macro is_gap_stated(coverage_status) -%}
    ({{ coverage_status }} in ('both_reported', 'lost_export', 'orphan_import', 'partner_hidden'))
{%- endmacro %}

{# Positive: recorded as exported, not recorded as imported. #}
{% macro gap_usd(x, m) -%} ({{ x }} - {{ m }}) {%- endmacro %}

{# Share of the export value; not clipped. #}
{% macro gap_share(x, m) -%} (({{ x }} - {{ m }}) / nullif({{ x }}, 0)) {%- endmacro %}

{# In log points; undefined when either side is nothing. #}
{% macro gap_log(x, m) -%}
    (case when {{ x }} > 0 and {{ m }} > 0 then ln({{ x }}) - ln({{ m }}) end)
{%- endmacro %}

{# Like gap_log for large values, and defined at zero. Readers compute it themselves (mirror_gaps is a view), and DuckDB
   before 1.1 knows no asinh. #}
{% macro gap_asinh(x, m) -%}
    {%- set scale = var('asinh_scale_usd') -%}
    (ln({{ x }} / {{ scale }} + sqrt(power({{ x }} / {{ scale }}, 2) + 1))
        - ln({{ m }} / {{ scale }} + sqrt(power({{ m }} / {{ scale }}, 2) + 1)))
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

{# The heading (HS4) of an HS code or of a group of codes. #}
{% macro heading_of(product_code) -%}
    (case when left({{ product_code }}, 1) = 'G' then substring({{ product_code }}, 2, 4) else left({{ product_code }}, 4) end)
{%- endmacro %}

{# How much the exporter's figure counts in a reconciled value: the more, the larger the importer's error. Arguments are
   reporter errors in log points; `floor` keeps a reporter that looks perfect from counting alone (METHODS 2.6, 2.15). #}
{% macro reconciled_weight(export_error, import_error, floor) -%}
    ((power({{ import_error }}, 2) + power({{ floor }}, 2))
        / nullif(power({{ export_error }}, 2) + power({{ import_error }}, 2) + 2 * power({{ floor }}, 2), 0))
{%- endmacro %}

{# The mean of both figures in logs; undefined when either is nothing. #}
{% macro reconciled_value(x, m, weight) -%}
    (case when {{ x }} > 0 and {{ m }} > 0 then exp({{ weight }} * ln({{ x }}) + (1 - {{ weight }}) * ln({{ m }})) end)
{%- endmacro %}

{# Its standard error in log points: that of the mean of two independent figures. #}
{% macro reconciled_error(export_error, import_error, floor) -%}
    sqrt((power({{ export_error }}, 2) + power({{ floor }}, 2)) * (power({{ import_error }}, 2) + power({{ floor }}, 2))
        / nullif(power({{ export_error }}, 2) + power({{ import_error }}, 2) + 2 * power({{ floor }}, 2), 0))
{%- endmacro %}

{# USD of a kilogram, or of a unit; undefined for a quantity that is none or less than none. #}
{% macro unit_value(value, quantity) -%}
    (case when {{ value }} > 0 and {{ quantity }} > 0 then {{ value }} / {{ quantity }} end)
{%- endmacro %}

{# The margin that applies: none where imports are valued FOB, the seed's, the model's (in log points, clipped), the
   default. #}
{% macro margin_of(is_valued_fob, seed, modelled_log, fallback) -%}
    (case
        when {{ is_valued_fob }} then 0
        when {{ seed }} is not null then {{ seed }}
        when {{ modelled_log }} is not null then least(greatest(exp({{ modelled_log }}) - 1, 0), {{ var('cif_clip') }})
        else {{ fallback }}
    end)
{%- endmacro %}

{# ---- METHODS 2.7 and 2.9: change against a baseline. Each has its Python twin in tests/dbt/test_formulas.py too. #}

{# Money on a scale that is linear near nothing and logarithmic above. #}
{% macro asinh_scaled(value) -%} asinh({{ value }} / {{ var('asinh_scale_usd') }}) {%- endmacro %}

{# What a normal spread is: the median absolute deviation as a standard deviation, never under the floor. #}
{% macro robust_scale(mad, floor) -%} greatest(1.4826 * {{ mad }}, {{ floor }}) {%- endmacro %}

{# How many normal spreads from the median; capped. #}
{% macro robust_z(value, median, scale) -%}
    (case
        when {{ scale }} > 0 and {{ value }} is not null and {{ median }} is not null
            then greatest(-{{ var('z_cap') }}, least({{ var('z_cap') }}, ({{ value }} - {{ median }}) / {{ scale }}))
    end)
{%- endmacro %}

{# The sizes that errors are told apart by, the larger the smaller: 0 under a million dollars, 1 under ten, 2 under a
   hundred, 3 under a billion, 4. #}
{% macro size_class(value) -%}
    (case
        when {{ value }} < 1000000 then 0
        when {{ value }} < 10000000 then 1
        when {{ value }} < 100000000 then 2
        when {{ value }} < 1000000000 then 3
        else 4
    end)
{%- endmacro %}

{# The least spread of a gap in log points, by the size of its larger side in USD. #}
{% macro gap_floor(size_usd) -%}
    (case
        when {{ size_usd }} < 1000000 then {{ var('gap_floors')[0] }}
        when {{ size_usd }} < 10000000 then {{ var('gap_floors')[1] }}
        else {{ var('gap_floors')[2] }}
    end)
{%- endmacro %}

{# Exports above the baseline that are not matched by imports above theirs. #}
{% macro ghost_did(x, x_base, m, m_base) -%} (({{ x }} - {{ x_base }}) - ({{ m }} - {{ m_base }})) {%- endmacro %}

{# The share of exports that was missing before; below 0 where the importer recorded more. #}
{% macro missing_before(x_base, m_base) -%} (1 - {{ m_base }} / nullif({{ x_base }}, 0)) {%- endmacro %}

{# What is missing beyond that share of today's exports. ghost_did less this is missing_before of the added exports. #}
{% macro ghost_rate(x, x_base, m, m_base) -%}
    (({{ x }} - {{ m }}) - {{ missing_before(x_base, m_base) }} * {{ x }})
{%- endmacro %}

{# A sum that does not depend on the order of its rows: added as doubles, the last digits differ from run to
   run, and the same input would not give the same tables. To a millionth of the unit. #}
{% macro exact_sum(column, where=none) -%}
    cast(sum(cast({{ column }} as decimal(38, 6))) {% if where %}filter (where {{ where }}) {% endif %}as double)
{%- endmacro %}

{# What stands before the name of a user's own table, so that it is no publisher's. #}
{% macro own_prefix() -%} own: {% endmacro %}

{% macro is_own(source_name) -%} left({{ source_name }}, {{ own_prefix() | length }}) = '{{ own_prefix() }}' {%- endmacro %}

{# The source shows nothing of partners other than those it has rows for: those that dbt_project.yml names, and users' own
   tables, of which nobody knows what they leave out. #}
{% macro is_selective(source_name) -%}
    ({{ source_name }} in ('{{ var('sources_of_selected_partners') | join("', '") }}') or {{ is_own(source_name) }})
{%- endmacro %}

{#
  The cap of METHODS 2.13: the pre-war level of the month times an index of domestic demand, with a floor for goods
  that were not traded before; and what is above it.
#}

{% macro cap_usd(baseline, demand_index) -%}
    (case when {{ baseline }} is not null then greatest({{ baseline }} * {{ demand_index }}, {{ var('cap_floor_usd') }}) end)
{%- endmacro %}

{# Above the cap by more than it tolerates. #}
{% macro is_breach(value, cap) -%} ({{ value }} > {{ cap }} * (1 + {{ var('cap_tolerance') }})) {%- endmacro %}

{# NULL where either is: greatest() would take the other. #}
{% macro breach_usd(value, cap) -%}
    (case when {{ value }} > {{ cap }} then {{ value }} - {{ cap }} when {{ value }} <= {{ cap }} then 0 end)
{%- endmacro %}
