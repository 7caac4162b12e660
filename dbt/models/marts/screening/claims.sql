-- Published figures, the article's first, held against this warehouse. Each is computed by the very query that
-- stands in its row (macro claim_query); what is not loaded is `data_missing`, never a guess.
{%- set columns = [
    'claim_id', 'exporter', 'importer', 'products', 'flow_side', 'measure', 'currency', 'period_from', 'period_to',
    'base_from', 'base_to', 'unit',
] -%}
{#- Read when the query is made, for the text of a query cannot wait for its rows. '=' keeps them text. -#}
{%- set seed = source('seeds', 'published_claims') -%}
{%- set claims = [] -%}
{%- if execute -%}
    {%- set asked = "'=' || coalesce(" ~ columns | join(", ''), '=' || coalesce(") ~ ", '')" -%}
    {%- for row in run_query('select ' ~ asked ~ ' from ' ~ seed ~ ' order by cast(claim_order as integer)').rows -%}
        {%- set claim = {} -%}
        {%- for column in columns -%} {%- do claim.update({column: row[loop.index0][1:]}) -%} {%- endfor -%}
        {%- do claims.append(claim) -%}
    {%- endfor -%}
{%- endif -%}
{%- set published = {} -%}
{%- set own = {} -%}
{%- set asked_importers = [] -%}
{%- for mart in ['mirror_gaps', 'bloc_members', 'controlled_goods', 'exchange_rates', 'countries', 'ghost_trade', 'policy_caps'] -%}
    {%- do published.update({mart: 'marts.' ~ mart}) -%}
    {%- do own.update({mart: 'mirror_gaps_of_claims' if mart == 'mirror_gaps' else mart}) -%}
{%- endfor %}
with

published_claims as (

    select * from {{ ref('stg_seeds__published_claims') }}

),

mirror_gaps as (

    select * from {{ ref('mirror_gaps') }}

),

bloc_members as (

    select * from {{ ref('bloc_members') }}

),

controlled_goods as (

    select * from {{ ref('controlled_goods') }}

),

exchange_rates as (

    select * from {{ ref('exchange_rates') }}

),

countries as (

    select * from {{ ref('countries') }}

),

ghost_trade as (

    select * from {{ ref('ghost_trade') }}

),

policy_caps as (

    select * from {{ ref('policy_caps') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

),

-- read once, and only what is asked: figures of named importers, else of a period
mirror_gaps_of_claims as (

    select
        freq, period, exporter_iso3, importer_iso3, product_code, product_level, hs_revision, gap_usd,
        export_value_usd, export_net_kg, export_quantity, export_quantity_unit,
        import_value_usd, import_value_fob_usd, import_net_kg, import_quantity, import_quantity_unit
    from mirror_gaps
    where false
        {%- for claim in claims if claim.measure != 'none' and claim.importer not in asked_importers %}
        {%- do asked_importers.append(claim.importer) %}
        or {{ is_party('importer_iso3', claim.importer, own) if claim.importer else 'true' }}
            {%- if claim.importer in ('', 'TRANSIT') %}
            and period between date '{{ claim.base_from }}' and date '{{ claim.period_to }}'
            and freq = '{{ 'M' if claim.importer else 'A' }}' and product_level = 6
            and {{ is_party('exporter_iso3', claim.exporter, own) }}
            {%- endif %}
        {%- endfor %}

),

computed as (

    select cast(null as {{ dbt.type_string() }}) as claim_id, cast(null as double) as computed_value, cast(null as {{ dbt.type_string() }}) as query
    {%- for claim in claims %}
    union all
    select
        '{{ claim.claim_id }}' as claim_id,
        ({{ claim_query(claim, own) }}) as computed_value,
        replace('{{ claim_query(claim, published) | replace("'", "`") }}', '`', chr(39)) as query
    {%- endfor %}

),

held as (

    select
        published_claims.*,
        computed.computed_value,
        computed.query,
        {{ claim_status('computed.computed_value', 'published_claims.published_value', 'published_claims.tolerance_low', 'published_claims.tolerance_high') }} as status
    from published_claims
    left join computed on computed.claim_id = published_claims.claim_id

)

select
    held.claim_id,
    held.claim_order,
    held.variant_of,

    held.statement as quote,
    held.source,
    held.published_on,
    held.definition,
    held.measure,
    held.exporter,
    held.importer,
    held.products,
    held.flow_side,
    held.period_from,
    held.period_to,
    held.base_from,
    held.base_to,

    held.unit,
    held.published_value,
    held.tolerance_low,
    held.tolerance_high,
    held.computed_value,
    held.computed_value - held.published_value as deviation,
    (held.computed_value - held.published_value) / nullif(abs(held.published_value), 0) as deviation_share,
    held.status,
    held.was_reproduced,
    case
        when held.status <> 'data_missing' then null
        when held.measure = 'none' then 'no_source: ' || held.lacking
        else 'not_loaded: a period, a country or a book that the figure needs'
    end as reason,
    case when held.computed_value is not null then builds.data_set = 'sample' end as is_simulated,
    held.query,
    {{ provenance_columns() }}
from held
cross join builds
