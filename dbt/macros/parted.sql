{#
  What DuckDB alone does: tables that are computed part by part. A part is a frequency and a year; of a model that
  looks over all years, and says `parts='frequencies'`, a frequency (its year is NULL). What is computed of one part
  reads that part of its inputs and nothing of the others', so that a new month costs its own rows and not all there
  are, and fifty million rows are joined a few million at a time.

  A model says `materialized='parted'`, and `where in_parts()` wherever it reads an input that comes in parts. A part
  is computed again when what it was made from changed: the landings behind it, the model's own SQL and that of the
  views it reads, or any row of an input that does not come in parts. What each part was made from stands in
  intermediate.parts_built. A transaction writes one file, and a mart lies in another than these notes: they are taken
  back before the rows are written, and made after. A build that dies repairs itself.
#}

{# True; where a model is computed part by part, true of the rows of those that are computed now. #}
{% macro in_parts(alias=none, period='period') -%}
    {%- set at = alias ~ '.' if alias else '' -%}
    (true /*parts of {{ at }}freq, {{ at }}{{ period }}*/)
{%- endmacro %}

{% macro create_parts_built() -%}
    create schema if not exists intermediate;
    create table if not exists intermediate.parts_built (
        model varchar, freq varchar, year integer, made_from varchar, rows bigint, is_tested boolean
    )
{%- endmacro %}

{# SQL that tells the rows of some parts, `[{freq, year}, …]`, of a table with a column freq and a column `period`,
   which those that are whole frequencies do not ask. #}
{% macro of_parts(parts, freq, period) -%}
    {%- set column = period.split('.') | last -%}
    {%- set quote = {'period': "date '", 'year': ''}.get(column, "'") -%}
    {%- set tail = {'period': "-01-01'", 'year': ''}.get(column, "'") -%}
    {%- set years = parts | map(attribute='year') | list -%}
    {%- set told = [] -%}
    {%- for part in parts if part.year is not none -%}
        {%- do told.append(freq ~ " = '" ~ part.freq ~ "' and " ~ period ~ " >= " ~ quote ~ part.year ~ tail
            ~ " and " ~ period ~ " < " ~ quote ~ (part.year + 1) ~ tail) -%}
    {%- endfor -%}
    {%- if not parts -%} (false)
    {%- elif none in years -%} ({{ freq }} in ('{{ parts | map(attribute='freq') | join("', '") }}'))
    {%- else -%}
    {#- the span first: it tells which blocks of the table need not be read -#}
    ({{ period }} >= {{ quote }}{{ years | min }}{{ tail }} and {{ period }} < {{ quote }}{{ (years | max) + 1 }}{{ tail }} and ({{ told | join(' or ') }}))
    {%- endif -%}
{%- endmacro %}

{# A query with its in_parts() filled in. #}
{% macro restricted(query, parts) -%}
    {%- set told = [] -%}
    {%- for piece in modules.re.split('\(true /\*parts of ([^*]*)\*/\)', query) -%}
        {%- if loop.index is even -%}
            {%- set columns = piece.split(', ') -%}
            {%- do told.append(of_parts(parts, columns[0], columns[1])) -%}
        {%- else -%}
            {%- do told.append(piece) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(told | join('')) }}
{%- endmacro %}

{# All that a model reads, views looked through: one SELECT each, of (input, freq, year, told, rows). What is told of a
   NULL part holds for all. A view with `meta.parts_of` names the table whose parts tell all it is made from that does
   not come in parts itself. #}
{% macro inputs_told(nodes, told_by, is_rest_told=false) -%}
    {%- set found = [] -%}
    {%- for id in nodes -%}
        {%- set node = graph.nodes.get(id) or graph.sources[id] -%}
        {%- set relation = node.relation_name -%}
        {%- set name = node.name -%}
        {%- if node.resource_type == 'source' -%}
            {%- if node.source_name != 'comtrade' -%}
                {%- do exceptions.raise_compiler_error(model.name ~ ' reads ' ~ name ~ ', and nothing tells when it changed') -%}
            {%- endif -%}
            {#- told by the parts of its landings: its staging models depend on stg_comtrade__parts -#}
        {%- elif name in told_by and told_by[name] is string -%}
            {%- do found.append(context[told_by[name]](name, relation)) -%}
        {%- elif name == 'stg_comtrade__parts' -%}
            {%- do found.append(landings_of_parts(name, relation)) -%}
        {%- elif node.config.materialized == 'view' -%}
            {%- do found.append("select '" ~ name ~ "' as input, cast(null as varchar) as freq, cast(null as integer) as year, "
                ~ "md5(sql) as told, 0 as rows from duckdb_views() where schema_name = '" ~ node.schema
                ~ "' and view_name = '" ~ node.alias ~ "'") -%}
            {%- do found.extend(inputs_told(node.depends_on.nodes, told_by, is_rest_told or node.config.meta.parts_of is not none)) -%}
        {%- elif node.config.materialized == 'parted' -%}
            {%- do found.append("select '" ~ name ~ "' as input, freq, year, made_from as told, rows "
                ~ "from intermediate.parts_built where model = '" ~ name ~ "'") -%}
        {%- elif is_rest_told -%}
        {%- elif name in told_by -%}
            {%- do found.append(content_of_parts(name, relation, told_by[name])) -%}
        {%- else -%}
            {%- do found.append("select '" ~ name ~ "' as input, null as freq, null as year, "
                ~ content('told') ~ " as told, 0 as rows from " ~ relation ~ " as told") -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{# Rows as one number, whatever their order. #}
{% macro content(columns) -%}
    concat(count(*), ':', sum(cast(hash({{ columns }}) as hugeint)))
{%- endmacro %}

{# The content of each part of an input of which a model reads that part alone: of these columns. #}
{% macro content_of_parts(name, relation, columns) -%}
    select '{{ name }}' as input, freq, cast(extract(year from period) as integer) as year,
        {{ content(columns | join(', ')) }} as told, count(*) as rows
    from {{ relation }} group by all
{%- endmacro %}

{# … of an input that speaks of a year, whatever the frequency. #}
{% macro content_of_years(name, relation) -%}
    select '{{ name }}' as input, null as freq, year,
        {{ content('exporter_iso3, importer_iso3, product_chapter, method, margin_low, margin_mid, margin_high') }} as told,
        0 as rows
    from {{ relation }} group by all
{%- endmacro %}

{# What the calendar says of each part: its own reports, and who had fallen silent by its end, how long ago. #}
{% macro calendar_of_parts(name, relation) -%}
    select '{{ name }}' as input, freq, year, string_agg(told, ';' order by told) as told, 0 as rows
    from (
        select freq, cast(extract(year from period) as integer) as year,
            'r' || {{ content('period, role, reporter, partner, product_level, comparable_revision, is_partial') }} as told
        from {{ relation }} group by all
        union all
        select parts.freq, parts.year,
            'l' || {{ content('role, reporter, partner, least(last_period, make_date(parts.year, 12, 31))') }}
        from (select distinct freq, role, reporter, partner, last_period from {{ relation }}) as lasts
        inner join (
            select distinct freq, cast(extract(year from period) as integer) as year from {{ relation }}
        ) as parts on parts.freq = lasts.freq
        group by all
        union all
        -- a silence is lateness only where it is recent in the data; see report_coverage
        select parts.freq, parts.year, 'n' || cast(least(newest, make_date(parts.year + 4, 12, 31)) as varchar)
        from (select freq, max(period) as newest from {{ relation }} group by all) as newest
        inner join (
            select distinct freq, cast(extract(year from period) as integer) as year from {{ relation }}
        ) as parts on parts.freq = newest.freq
    ) group by all
{%- endmacro %}

{# The chapters that a reporter ever spoke of, in any year of a frequency. #}
{% macro chapters_of_frequencies(name, relation) -%}
    select '{{ name }}' as input, freq, null as year,
        {{ content('source_name, role, reporter, product_level, chapter') }} as told, 0 as rows
    from (select distinct source_name, freq, role, reporter, product_level, chapter from {{ relation }}) group by all
{%- endmacro %}

{# Of a build: the parameters. Its code and its days say when a row was computed, and are no reason to do it again. #}
{% macro parameters_of_builds(name, relation) -%}
    select '{{ name }}' as input, null as freq, null as year, parameters_hash as told, 0 as rows from {{ relation }}
{%- endmacro %}

{# Of the reporters' reliability: how much each errs. #}
{% macro noises_of_reporters(name, relation) -%}
    select '{{ name }}' as input, null as freq, null as year,
        {{ content('country_iso3, role, noise_sd') }} as told, 0 as rows
    from {{ relation }} where variant = 'noise'
{%- endmacro %}

{# Of the landings behind each part: which, which of their rows are closed and by whom, and who answered again. #}
{% macro landings_of_parts(name, relation) -%}
    select '{{ name }}' as input, freq, year,
        md5(string_agg(concat_ws('|', landing_id, closed_by, rows, is_repeat), ';' order by landing_id, closed_by)) as told,
        sum(rows) as rows
    from {{ relation }} group by all
{%- endmacro %}

{# What a test looks at. Of a table that comes in parts, a test that asks row after row looks at the parts that have
   not passed yet: a publication, which waits for every test, notes that they did. #}
{% macro get_where_subquery(relation) -%}
    {%- set told = [] -%}
    {%- if config.get('where') -%} {%- do told.append('(' ~ config.get('where') ~ ')') -%} {%- endif -%}
    {%- set node = graph.nodes.get('model.' ~ project_name ~ '.' ~ relation.identifier) if execute else none -%}
    {%- if node and model.test_metadata and model.test_metadata.name in ('unique_combination_of_columns', 'not_null', 'accepted_values', 'expression_is_true') -%}
        {%- set parts_of = node.name if node.config.materialized == 'parted' else node.config.meta.parts_of -%}
        {%- if parts_of -%} {%- do told.append(untested_parts(parts_of, relation)) -%} {%- endif -%}
    {%- endif -%}
    {%- if told -%} (select * from {{ relation }} where {{ told | join(' and ') }}) as dbt_subquery
    {%- else -%} {{ relation }} {%- endif -%}
{%- endmacro %}

{% macro untested_parts(name, relation) -%}
    {%- set found = run_query("select 1 from duckdb_tables() where schema_name = 'intermediate' and table_name = 'parts_built'") -%}
    {%- if not found.rows -%} {{ return('true') }} {%- endif -%}  {# compiled before anything was built #}
    {%- set parts = [] -%}
    {%- for row in run_query("select freq, year from intermediate.parts_built where not is_tested and model = '" ~ name ~ "'").rows -%}
        {%- do parts.append({'freq': row[0], 'year': none if row[1] is none else row[1] | int}) -%}
    {%- endfor -%}
    {%- set names = adapter.get_columns_in_relation(relation) | map(attribute='name') | list -%}
    {{ return(of_parts(parts, 'freq', 'period' if 'period' in names else 'year')) }}
{%- endmacro %}

{# A view with an outer join tells the parts of its rows after the join, too late to read no others. Its query, with its
   in_parts(), is kept as its comment, and a model that names it in `put_in_place` reads that query in its place. #}
{% macro kept_to_be_put_in_place() -%}
    comment on view {{ this }} is '{{ compiled_code | replace("'", "''") }}'
{%- endmacro %}

{% macro with_views_in_place(query, names) -%}
    {%- set told = namespace(query=query) -%}
    {%- for name in names -%}
        {%- set view = graph.nodes['model.' ~ project_name ~ '.' ~ name] -%}
        {%- set kept = run_query("select comment from duckdb_views() where schema_name = '" ~ view.schema
            ~ "' and view_name = '" ~ view.alias ~ "'").rows[0][0] -%}
        {%- set told.query = told.query | replace(view.relation_name, '(' ~ kept ~ ')') -%}
    {%- endfor -%}
    {{ return(told.query) }}
{%- endmacro %}

{% materialization parted, adapter='duckdb', supported_languages=['sql'] %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set new_relation = make_intermediate_relation(target_relation) -%}
    {%- set old_relation = make_backup_relation(target_relation, 'table' if existing is none else existing.type) -%}
    {{ drop_relation_if_exists(load_cached_relation(new_relation)) }}
    {{ drop_relation_if_exists(load_cached_relation(old_relation)) }}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}

    {%- set name = model.name -%}
    {%- set query = with_views_in_place(compiled_code, config.get('put_in_place', [])) -%}
    {%- set is_of_frequencies = config.get('parts') == 'frequencies' -%}
    {%- set told -%}
        with inputs as (
            {{ inputs_told(model.depends_on.nodes, config.get('told_by', {})) | unique | join(' union all by name ') }}
        ),
        parts as (
            {% if is_of_frequencies -%}
            select freq, cast(null as integer) as year, max(rows) as rows
            from (select input, freq, sum(rows) as rows from inputs where freq is not null group by all) group by all
            {%- else -%}
            select freq, year, max(rows) as rows from inputs where freq is not null and year is not null group by all
            {%- endif %}
        ),
        wanted as (
            select parts.freq, parts.year, parts.rows,
                'p' || md5(concat_ws('|', version(), '{{ local_md5(compiled_code) }}',
                    string_agg(inputs.input || '=' || inputs.told, '|' order by inputs.input, inputs.told))) as made_from
            from parts
            left join inputs
                on (inputs.freq = parts.freq or inputs.freq is null)
                and (inputs.year = parts.year or inputs.year is null or parts.year is null)
            group by all
        )
        select coalesce(wanted.freq, built.freq) as freq, coalesce(wanted.year, built.year) as year,
            coalesce(wanted.rows, 0) as rows, wanted.made_from,
            case when wanted.freq is null then 'gone'
                when built.made_from is distinct from wanted.made_from then 'changed' else 'same' end as state
        from wanted
        full join (select * from intermediate.parts_built where model = '{{ name }}') as built
            on built.freq = wanted.freq and built.year is not distinct from wanted.year
        order by 1, 2
    {%- endset -%}
    {%- set parts = [] -%}
    {%- for row in run_query(told).rows -%}
        {%- do parts.append({'freq': row[0], 'year': none if row[1] is none else row[1] | int, 'rows': row[2] | int,
            'made_from': row[3], 'state': row[4]}) -%}
    {%- endfor -%}
    {%- set changed = parts | selectattr('state', 'equalto', 'changed') | list -%}
    {%- set gone = parts | selectattr('state', 'equalto', 'gone') | list -%}
    {%- set wanted = parts | rejectattr('state', 'equalto', 'gone') | list -%}
    {%- set is_new = existing is none or not existing.is_table or should_full_refresh() or changed | length == wanted | length -%}
    {%- if is_new -%} {%- set changed = wanted -%} {%- endif -%}

    {#- a few million rows at a time -#}
    {%- set batches = [] -%}
    {%- set open = namespace(rows=0) -%}
    {%- for part in changed -%}
        {%- if not batches or open.rows + part.rows > var('rows_at_a_time') -%}
            {%- do batches.append([]) -%} {%- set open.rows = 0 -%}
        {%- endif -%}
        {%- do (batches | last).append(part) -%} {%- set open.rows = open.rows + part.rows -%}
    {%- endfor -%}

    {%- do log('parts: ' ~ changed | length ~ ' of ' ~ wanted | length, info=true) -%}
    {%- set touched = 'true' if is_new else of_parts(changed + gone, 'freq', 'year') -%}
    {%- call statement('take_back') -%}
        update intermediate.parts_built set made_from = null where model = '{{ name }}' and ({{ touched }})
    {%- endcall -%}
    {{ adapter.commit() }}

    -- BEGIN
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- set ns = namespace(written=new_relation if is_new else target_relation, queries=[]) -%}
    {%- if is_new -%}
        {%- set first = query if batches | length < 2 else restricted(query, batches[0]) -%}
        {%- call statement('main') -%} {{ create_table_as(False, new_relation, first, 'sql') }} {%- endcall -%}
        {%- set rest = batches[1:] -%}
    {%- else -%}
        {%- set rest = batches -%}
    {%- endif -%}
    {%- set names = adapter.get_columns_in_relation(ns.written) | map(attribute='name') | list -%}
    {%- set columns = names | map('tojson') | join(', ') -%}
    {%- set period = 'period' if 'period' in names else 'year' -%}
    {%- set year_of = {'period': 'extract(year from period)', 'year': 'year'}[period] -%}
    {%- if not is_new -%}
        {%- call statement('main') -%}
            delete from {{ target_relation }} where {{ of_parts(changed + gone, 'freq', period) }}
        {%- endcall -%}
    {%- endif -%}
    {%- for batch in rest -%}
        {%- call statement('batch') -%}
            insert into {{ ns.written }} ({{ columns }})
            select {{ columns }} from ({{ restricted(query, batch) }}) {{ in_order_of_grain() }}
        {%- endcall -%}
    {%- endfor -%}
    {%- if is_new -%}
        {%- if existing is not none -%} {{ adapter.rename_relation(existing, old_relation) }} {%- endif -%}
        {{ adapter.rename_relation(new_relation, target_relation) }}
    {%- endif -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {% do persist_docs(target_relation, model) %}
    {{ adapter.commit() }}
    {%- call statement('forget') -%}
        delete from intermediate.parts_built where model = '{{ name }}' and ({{ touched }})
    {%- endcall -%}
    {%- if changed -%}
        {%- call statement('note') -%}
            insert into intermediate.parts_built
            select '{{ name }}', parts.freq, parts.year, parts.made_from, coalesce(counts.rows, 0), false
            from (values {% for part in changed -%}
                ('{{ part.freq }}', {{ 'null' if part.year is none else part.year }}, '{{ part.made_from }}'){{ ', ' if not loop.last }}
            {%- endfor %}) as parts (freq, year, made_from)
            left join (
                select freq, cast({{ 'null' if is_of_frequencies else year_of }} as integer) as year, count(*) as rows
                from {{ target_relation }} where {{ of_parts(changed, 'freq', period) }} group by all
            ) as counts on counts.freq = parts.freq and counts.year is not distinct from parts.year
        {%- endcall -%}
    {%- endif -%}
    {{ adapter.commit() }}
    {{ drop_relation_if_exists(load_cached_relation(old_relation)) }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
