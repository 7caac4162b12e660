{# How dbt names schemas here and logs rows, and what DuckDB and Spark call by different names. #}

{# A layer's schema has the layer's own name, without dbt's prefix. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

{# Logs for Dagster how many rows a model holds; the transform asset reads this line. To count a view is to compute it. #}
{% macro log_rows() -%}
    {%- if execute and flags.WHICH in ('build', 'run') and model.config.materialized != 'view' -%}
        {%- do log('rows: ' ~ run_query('select count(*) from ' ~ this).columns[0].values()[0], info=true) -%}
    {%- endif -%}
{%- endmacro %}

{# The values of a group as one text, in order. Engines name this function differently. #}
{% macro joined_text(column) -%} {{ return(adapter.dispatch('joined_text')(column)) }} {%- endmacro %}

{% macro default__joined_text(column) -%} string_agg({{ column }}, '; ' order by {{ column }}) {%- endmacro %}

{% macro spark__joined_text(column) -%} array_join(sort_array(collect_list({{ column }})), '; ') {%- endmacro %}

{# Columns of a row as one number. Engines name this function differently. #}
{% macro row_hash(columns) -%} {{ return(adapter.dispatch('row_hash')(columns)) }} {%- endmacro %}

{% macro default__row_hash(columns) -%} hash({{ columns | join(', ') }}) {%- endmacro %}

{% macro spark__row_hash(columns) -%} xxhash64({{ columns | join(', ') }}) {%- endmacro %}

{# Between `as` and the bracket of a part that is read several times, each time for few of its rows or columns:
   engines that would store all of it first must not. #}
{% macro read_in_place() -%} {{ return(adapter.dispatch('read_in_place')()) }} {%- endmacro %}

{% macro default__read_in_place() -%} not materialized {%- endmacro %}

{% macro spark__read_in_place() -%} {%- endmacro %}

{# The years of a batch, as a condition on a period as its publisher writes it (the year first): from what a view computes of a
   column an engine cannot derive which parts of a table it may leave unread, and would read raw whole for each year. #}
{% macro in_batch(period_code) -%}
    {%- if model.batch -%}
        ({{ period_code }} >= '{{ (model.batch.event_time_start | string)[:4] }}'
            and {{ period_code }} < '{{ (model.batch.event_time_end | string)[:4] }}')
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
