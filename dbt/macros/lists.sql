{# What every sanctions list has. #}

{# One staging relation of every sanctions list (dbt_project.yml names them), side by side. `where` is SQL for
   a list of which not every row counts. #}
{% macro every_list(relation, columns, where={}) -%}
    {%- for source in var('sanctions_sources') %}
    select '{{ source }}' as source_name, {{ columns }} from {{ ref('stg_' ~ source ~ '__' ~ relation) }}
    {%- if source in where %} where {{ where[source] }}{% endif %}
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}

{# A part of an entry is there now, or ended when its entry did: one list may come in several files of a day. #}
{% macro is_with_its_entry(part, entry) -%}
    ({{ part }}.gone_at is null or cast({{ part }}.gone_at as date) >= cast({{ entry }}.gone_at as date))
{%- endmacro %}
