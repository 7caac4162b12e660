-- A month of a corridor with the imports that answer its exports: those of `monthly_lag` months later. Where one of
-- the two may not be compared, neither is.
{% set lag = var('monthly_lag') %}
with

flows as (

    select *, {{ month_number('period') }} as month_number from {{ ref('corridor_flows') }}

)

select
    exporter,
    exporter_kind,
    importer_iso3,
    importer_role,
    goods,
    goods_kind,
    period,
    month_number,

    export_value_usd,
    import_fob_usd,
    case when max(compared_import_fob_usd) over answer is not null then compared_export_usd end as compared_export_usd,
    {% for margin in ['', '_low', '_high'] -%}
    case when compared_export_usd is not null then max(compared_import_fob{{ margin }}_usd) over answer end
        as compared_import{{ margin }}_usd,
    {% endfor -%}
    both_usd + strong_usd as covered_usd,
    both_usd + strong_usd + medium_usd + weak_usd + silent_usd as recorded_usd,
    export_kg,
    concordance_quality
from flows
window answer as (
    partition by exporter, importer_iso3, goods
    order by month_number nulls last range between {{ lag }} following and {{ lag }} following
)
