{#
  How marts lie in their file, which is the published one but for its name: in the order of their grain, so that the
  same input gives the same rows in the same order, and a reader who asks for a country skips most of a table.
#}

{# Called by dbt around the query of every model with a contract, which are the marts. #}
{% macro duckdb__get_select_subquery(sql) -%}
    {{ default__get_select_subquery(sql) }} {{ in_order_of_grain() }}
{%- endmacro %}

{# The columns that no two rows share, as they stand: others decide nothing, and cost a sort of tens of millions of rows
   dearly. By all columns where no test names a grain. Of other layers nobody asks the order. #}
{% macro in_order_of_grain() -%}
    {%- if model.config.contract.enforced -%}
        {%- set grain = [] -%}
        {%- for test in graph.nodes.values() if test.attached_node == model.unique_id and test.test_metadata.name == 'unique_combination_of_columns' -%}
            {%- do grain.extend(test.test_metadata.kwargs.combination_of_columns) -%}
        {%- endfor -%}
        order by {{ model.columns | select('in', grain) | join(', ') or 'all' }}
    {%- endif -%}
{%- endmacro %}
