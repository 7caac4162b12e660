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

{% macro spark__joined_text(column) -%} nullif(array_join(sort_array(collect_list({{ column }})), '; '), '') {%- endmacro %}

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

{# ---- Spark alone: twins of what dbt and dbt-duckdb do, and what its folders look like. #}

{# Before the first model: a session knows no table until it is given its folder. What DuckDB staged is read there
   (dagster_project/spark/handover.py), and of a large world the years that an earlier build computed. #}
{% macro read_warehouse() -%} {{ return(adapter.dispatch('read_warehouse')()) }} {%- endmacro %}

{% macro default__read_warehouse() -%} {%- endmacro %}

{% macro spark__read_warehouse() -%}
    {%- if execute and flags.WHICH in ('build', 'run', 'test') -%}
        {%- for schema in ('staging', 'intermediate', 'marts') -%}
            {%- do run_query('create schema if not exists ' ~ schema) -%}
        {%- endfor -%}
        {%- for node in graph.nodes.values() if node.resource_type == 'model' and node.schema == 'staging' -%}
            {%- do read_folder('staging', node.alias, 'staging') -%}
        {%- endfor -%}
        {%- for table in env_var('SPARK_KEPT', '').split() -%}
            {%- do read_folder(table.split('.')[0], table.split('.')[1], table.split('.')[0] ~ '.db') -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}

{% macro read_folder(schema, name, folder) -%}
    {%- set table = api.Relation.create(schema=schema, identifier=name, type='table') -%}
    {%- do run_query("create table if not exists " ~ table ~ " using parquet location '" ~ env_var('WAREHOUSE_URI') ~ '/' ~ folder ~ '/' ~ name ~ "'") -%}
    {%- if (adapter.get_columns_in_relation(table) | map(attribute='name') | list)[-2:] == ['freq', 'year'] -%}
        {%- do run_query('msck repair table ' ~ table) -%}
    {%- endif -%}
    {%- do adapter.cache_added(table) -%} {#- dbt has listed the tables before -#}
{%- endmacro %}

{# Flows lie in a folder for each frequency and year. #}
{% macro is_partitioned() -%} {{ return(config.get('event_time') == 'period') }} {%- endmacro %}

{% macro spark__partition_cols(label, required=false) -%}
    {%- if is_partitioned() -%} {{ label }} (freq, year) {%- endif -%}
{%- endmacro %}

{% macro spark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {%- if language == 'sql' and is_partitioned() and (temporary or not config.get('contract').enforced) -%}
        {%- set compiled_code = 'select *, extract(year from period) as year from (' ~ compiled_code ~ ') as flows' -%}
    {%- endif -%}
    {{ dbt.spark__create_table_as(temporary, relation, compiled_code, language) }}
{%- endmacro %}

{# Of a model with a contract: called after the contract was compared with the query. #}
{% macro spark__get_select_subquery(sql) -%}
    select
    {{ model.columns | join(', ') }}{{ ', extract(year from period) as year' if is_partitioned() }}
    from ({{ sql }}) as model_subq
{%- endmacro %}

{# dbt-spark's own gives a timestamp and fails on a NULL. #}
{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    {%- if datepart == 'day' -%}
        date_add({{ from_date_or_timestamp }}, cast({{ interval }} as int))
    {%- else -%}
        {%- set months = {'month': 1, 'quarter': 3, 'year': 12}[datepart] -%}
        add_months({{ from_date_or_timestamp }}, cast({{ interval }} as int) * {{ months }})
    {%- endif -%}
{%- endmacro %}

{# dbt-spark's own fails on a NULL. #}
{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart != 'day' -%} {%- do exceptions.raise_compiler_error('datediff in days only') -%} {%- endif -%}
    datediff({{ second_date }}, {{ first_date }})
{%- endmacro %}

{# A contract says varchar and integer. Spark wants a length for the one, and calls the other int. #}
{% macro spark__get_empty_schema_sql(columns) -%}
    select
    {%- for column in columns.values() %}
    cast(null as {{ {'varchar': 'string', 'integer': 'int'}.get(column.data_type, column.data_type) }}) as {{ column.name }}{{ ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{# Parquet keeps no constraints; the file that readers open has them, and dbt's tests look at each. #}
{% macro spark__persist_constraints(relation, model) -%} {%- endmacro %}
