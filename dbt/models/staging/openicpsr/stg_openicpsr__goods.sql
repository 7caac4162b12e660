-- The file was saved by different programs: a day may come with a time, a flag as 1 or 1.0.
with

goods as (

    select * from {{ source('openicpsr', 'openicpsr_goods') }} where {{ known() }}

)

select
    "Code" as product_code,
    'HS2017' as hs_revision,
    coalesce(try_cast("EU_sanction" as double) = 1, false) as is_sanctioned,
    try_cast(left("Date", 10) as date) as sanctioned_on,
    try_cast(left("Winddowndate", 10) as date) as wound_down_on,
    try_cast("partially_exempt" as double) = 1 as is_partially_exempt,
    nullif(try_cast("Maxprice" as double), 0) as price_above_eur,
    concat_ws('; ',
        {% for category in ['aviation', 'dual_use', 'firearms', 'industrial_cap', 'luxury', 'military_tech',
            'oil_exploration', 'oil_refining'] -%}
        case when try_cast("{{ category }}" as double) = 1 then '{{ category }}' end{{ ',' if not loop.last }}
        {% endfor -%}
    ) as categories
from goods
