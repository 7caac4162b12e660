{#
  The cap of METHODS 2.13: the pre-war level of the month times an index of domestic demand, with a floor for goods
  that were not traded before; and what stands above it.
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
