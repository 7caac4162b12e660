{# a view of what was just written; readers, who do not have that, get a table -#}
{{ config(materialized='view', meta={'parts_of': 'int_flows_typed', 'published_as': 'table'}) }}
select
    freq,
    period,
    exporter_iso3,
    importer_iso3,
    product_code,
    product_level,
    comparable_revision,
    coverage_status,
    zero_strength,
    export_value_usd,
    import_value_usd
from {{ ref('int_flows_typed') }}
