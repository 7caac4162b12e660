{# How what a published figure lacks is put into words. #}

{# The names in a column, and how many rows have none. #}
{% macro names_and_others(named) -%}
    replace({{ joined_text(named) }}, '; ', ', ')
        || case
            when count(*) > count({{ named }})
                then ' and ' || cast(count(*) - count({{ named }}) as {{ dbt.type_string() }})
                    || case when count(*) - count({{ named }}) = 1 then ' other' else ' others' end
            else ''
        end
{%- endmacro %}

{# Years, or months, from a day to another; the last one open where it is beyond all. #}
{% macro span_text(freq, first, last) -%}
    case
        when {{ freq }} = 'A' and extract(year from {{ first }}) = extract(year from {{ last }})
            then left(cast({{ first }} as {{ dbt.type_string() }}), 4)
        when {{ freq }} = 'A'
            then left(cast({{ first }} as {{ dbt.type_string() }}), 4)
                || ' to ' || left(cast({{ last }} as {{ dbt.type_string() }}), 4)
        when extract(year from {{ last }}) = 9999
            then left(cast({{ first }} as {{ dbt.type_string() }}), 7) || ' or later'
        when {{ months_between(first, last) }} = 0 then left(cast({{ first }} as {{ dbt.type_string() }}), 7)
        else left(cast({{ first }} as {{ dbt.type_string() }}), 7)
            || ' to ' || left(cast({{ last }} as {{ dbt.type_string() }}), 7)
    end
{%- endmacro %}

{# How many of the periods asked for are there, where it is not none. #}
{% macro loaded_text(loaded, asked) -%}
    case
        when {{ loaded }} > 0
            then ' (' || cast({{ loaded }} as {{ dbt.type_string() }}) || ' of '
                || cast(cast({{ asked }} as integer) as {{ dbt.type_string() }}) || ' loaded)'
        else ''
    end
{%- endmacro %}

{# Measures that other marts compute against the default baseline: excess unmirrored exports, their parts, and caps. #}
{% macro measures_against_baseline() -%} 'ghost_low', 'share_of_rise', 'above_cap', 'union_above_cap' {%- endmacro %}

{# A number with so many decimals, as text. #}
{% macro number_text(value, decimals=0) -%}
    cast(cast(round({{ value }}, {{ decimals }}) as decimal(38, {{ decimals }})) as {{ dbt.type_string() }})
{%- endmacro %}

{# USD as millions, as text. #}
{% macro millions_text(value) -%} 'USD ' || {{ number_text(value ~ ' / 1000000', 1) }} || ' million' {%- endmacro %}

{# A figure in its unit, as text. #}
{% macro figure_text(value, unit) -%}
    case
        when {{ unit }} = 'truth' then case when {{ value }} = 1 then 'true' else 'not true' end
        when {{ unit }} in ('usd', 'eur') and abs({{ value }}) >= 1000000
            then upper({{ unit }}) || ' ' || {{ number_text(value ~ ' / 1000000', 1) }} || ' million'
        when {{ unit }} in ('usd', 'eur') then upper({{ unit }}) || ' ' || {{ number_text(value) }}
        when {{ unit }} = 'usd a kilogram' then 'USD ' || {{ number_text(value, 2) }} || ' a kilogram'
        when {{ unit }} = 'percent' then {{ number_text(value, 1) }} || ' percent'
        else {{ number_text(value) }} || ' ' || {{ unit }}
    end
{%- endmacro %}
