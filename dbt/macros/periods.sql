{# Months and years, the windows that a change is measured against, and the revision of the HS that a year follows. #}

{# Whole months from one first-of-month to another. #}
{% macro months_between(earlier, later) -%}
    (12 * (extract(year from {{ later }}) - extract(year from {{ earlier }}))
        + extract(month from {{ later }}) - extract(month from {{ earlier }}))
{%- endmacro %}

{# The last month of a period: of a year its December, of a month itself. #}
{% macro last_month(is_year, period='period') -%}
    cast(case when {{ is_year }} then {{ dbt.dateadd('month', 11, period) }} else {{ period }} end as date)
{%- endmacro %}

{# For how many months a missing report counts as late. #}
{% macro late_months(freq) -%}
    (case {{ freq }} when 'A' then {{ var('late_months_annual') }} else {{ var('late_months_monthly') }} end)
{%- endmacro %}

{# The period, a month or a year, lies whole inside a window of months. #}
{% macro is_within(freq, period, first, last) -%}
    ({{ period }} >= {{ first }} and {{ period }} <= case {{ freq }}
        when 'A' then {{ dbt.dateadd('month', -11, last) }} else {{ last }} end)
{%- endmacro %}

{# The window of the default baseline: its first and last month, as SQL dates. #}
{% macro default_window() -%}
    {%- set found = var('baselines') | selectattr('id', 'equalto', var('baseline')) | first -%}
    {{ return({'first': "cast('" ~ found.first ~ "' as date)", 'last': "cast('" ~ found.last ~ "' as date)"}) }}
{%- endmacro %}

{# How many periods of a window must be known: a year of months; of years all, and `years_needed` of many. Of a window
   that leaves a year out, the others. #}
{% macro periods_needed(freq, first, last, left_out_year='0') -%}
    (case
        when {{ freq }} = 'M' then 12
        else least({{ var('years_needed') }}, floor(({{ months_between(first, last) }} + 1) / 12))
            - case when {{ left_out_year }} > 0 then 1 else 0 end
    end)
{%- endmacro %}

{# The revision of the HS that national nomenclatures, such as the EU's, followed in a year. #}
{% macro hs_revision_in(year) -%}
    (case
        {%- for one in var('hs_revisions') %}
        when {{ year }} >= {{ one.first_year }} then '{{ one.revision }}'
        {%- endfor %}
    end)
{%- endmacro %}

{# The revision of the HS that Comtrade calls by its own code; NULL for what is no revision of the HS. #}
{% macro hs_revision_of(classification_code) -%}
    (case {{ classification_code }}
        {%- for one in var('hs_revisions') %}
        when '{{ one.classification_code }}' then '{{ one.revision }}'
        {%- endfor %}
    end)
{%- endmacro %}

{# Comtrade's code is that of a revision of the HS. #}
{% macro is_hs(classification_code) -%}
    ({{ classification_code }} in ('{{ var('hs_revisions') | map(attribute='classification_code') | join("', '") }}'))
{%- endmacro %}
