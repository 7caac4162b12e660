{# The tables of statistical offices by country, one publisher after the other. Another office is another block. #}
{% macro national_reports() -%}
    select 'kazstat' as source_name, 'KAZ' as reporter, period, role, partner_code, is_whole_year, value_usd, landing_id
    from {{ ref('stg_kazstat__flows') }}
    union all
    select 'kyrstat' as source_name, 'KGZ' as reporter, period, role, partner_code, is_whole_year, value_usd, landing_id
    from {{ ref('stg_kyrstat__flows') }}
{%- endmacro %}

{# The source in seeds/publishers.csv that the name of a flow's source belongs to. #}
{% macro publisher_of(source_name) -%}
    (case when {{ is_own(source_name) }} then 'own_flows' else {{ source_name }} end)
{%- endmacro %}
