{# A layer's schema has the layer's own name, without dbt's prefix. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}

{# Tells Dagster how many rows a model holds; the transform asset reads this line. To count a view is to compute it. #}
{% macro log_rows() -%}
    {%- if execute and flags.WHICH in ('build', 'run') and model.config.materialized != 'view' -%}
        {%- do log('rows: ' ~ run_query('select count(*) from ' ~ this).columns[0].values()[0], info=true) -%}
    {%- endif -%}
{%- endmacro %}

{# Whole months from one first-of-month to another. #}
{% macro months_between(earlier, later) -%}
    (12 * (extract(year from {{ later }}) - extract(year from {{ earlier }}))
        + extract(month from {{ later }}) - extract(month from {{ earlier }}))
{%- endmacro %}

{# How long a reporter may be silent and still count as late. #}
{% macro late_months(freq) -%}
    (case {{ freq }} when 'A' then {{ var('late_months_annual') }} else {{ var('late_months_monthly') }} end)
{%- endmacro %}

{# The values of a group as one text, in order. Engines name this function differently. #}
{% macro joined_text(column) -%} {{ return(adapter.dispatch('joined_text')(column)) }} {%- endmacro %}

{% macro default__joined_text(column) -%} string_agg({{ column }}, '; ' order by {{ column }}) {%- endmacro %}

{% macro spark__joined_text(column) -%} array_join(sort_array(collect_list({{ column }})), '; ') {%- endmacro %}

{# A sum that does not depend on the order of its rows: added as doubles, the last digits differ from run to
   run, and the same input would not give the same tables. To a millionth of the unit. #}
{% macro exact_sum(column, where=none) -%}
    cast(sum(cast({{ column }} as decimal(38, 6))) {% if where %}filter (where {{ where }}) {% endif %}as double)
{%- endmacro %}

{# The revision of the HS that national nomenclatures, such as the EU's, followed in a year. #}
{% macro hs_revision_in(year) -%}
    (case
        when {{ year }} >= 2022 then 'HS2022'
        when {{ year }} >= 2017 then 'HS2017'
        when {{ year }} >= 2012 then 'HS2012'
        when {{ year }} >= 2007 then 'HS2007'
        when {{ year }} >= 2002 then 'HS2002'
        when {{ year }} >= 1996 then 'HS1996'
        else 'HS1992'
    end)
{%- endmacro %}

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

{# A part of an entry is there now, or went when its entry went: one list may come in several files of a day. #}
{% macro is_with_its_entry(part, entry) -%}
    ({{ part }}.gone_at is null or cast({{ part }}.gone_at as date) >= cast({{ entry }}.gone_at as date))
{%- endmacro %}

{# The source says nothing of partners other than those it has rows for (dbt_project.yml names such sources). #}
{% macro is_selective(source_name) -%}
    ({{ source_name }} in ('{{ var('sources_of_selected_partners') | join("', '") }}'))
{%- endmacro %}

{# All parameters of the method as one short text: two figures with the same hash were computed alike. #}
{% macro parameters_hash() -%}
    {%- set told = [] -%}
    {%- for name in var('method_parameters') -%} {%- do told.append(name ~ '=' ~ var(name)) -%} {%- endfor -%}
    {{ return(local_md5(told | join('; '))[:12]) }}
{%- endmacro %}

{# The last columns of every method mart: how it was computed, and from what was known when. From
   int_builds_described, one row, joined by `cross join`. The run's number stands in `about` alone: the same input
   gives the same rows. #}
{% macro provenance_columns(build='builds') -%}
    {{ build }}.parameters_hash,
    {{ build }}.code_version,
    {{ build }}.data_as_of,
    {{ build }}.lists_as_of
{%- endmacro %}

{# The window of the default baseline: its first and last month, as SQL dates. #}
{% macro default_window() -%}
    {%- set found = var('baselines') | selectattr('id', 'equalto', var('baseline')) | first -%}
    {{ return({'first': "cast('" ~ found.first ~ "' as date)", 'last': "cast('" ~ found.last ~ "' as date)"}) }}
{%- endmacro %}

{# The period, a month or a year, lies whole inside a window of months. #}
{% macro is_within(freq, period, first, last) -%}
    ({{ period }} >= {{ first }} and {{ period }} <= case {{ freq }}
        when 'A' then {{ dbt.dateadd('month', -11, last) }} else {{ last }} end)
{%- endmacro %}

{# How many periods of a window must be known: a year of months; of years all, and `years_needed` of many. #}
{% macro periods_needed(freq, first, last) -%}
    (case {{ freq }}
        when 'M' then 12
        else least({{ var('years_needed') }}, floor(({{ months_between(first, last) }} + 1) / 12))
    end)
{%- endmacro %}

{# Between `as` and the bracket of a part that is read several times, each time for few of its rows or columns:
   engines that would write all of it down first are told not to. #}
{% macro read_in_place() -%} {{ return(adapter.dispatch('read_in_place')()) }} {%- endmacro %}

{% macro default__read_in_place() -%} not materialized {%- endmacro %}

{% macro spark__read_in_place() -%} {%- endmacro %}

{# Columns of a row as one number. Engines name this function differently. #}
{% macro row_hash(columns) -%} {{ return(adapter.dispatch('row_hash')(columns)) }} {%- endmacro %}

{% macro default__row_hash(columns) -%} hash({{ columns | join(', ') }}) {%- endmacro %}

{% macro spark__row_hash(columns) -%} xxhash64({{ columns | join(', ') }}) {%- endmacro %}
