{#
  Called by dbt around the query of every model with a contract, which are the marts. They are in the order of their
  grain, so that the same input gives the same rows in the same order, and a query for one country skips most of a
  table. dbt infers the grain from the tests of uniqueness; by all columns where there is none.
#}
{% macro duckdb__get_select_subquery(sql) -%}
    {{ default__get_select_subquery(sql) }} order by {{ model.columns | select('in', model.primary_key) | join(', ') or 'all' }}
{%- endmacro %}
