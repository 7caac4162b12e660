-- A level of a reporter's period may come in the revision it was recorded in and in converted ones. One is used, the
-- one it was recorded in, else the newest; these are the others. Few or none: whoever leaves them out joins a small
-- table, and should see that it is one.
{% set as_recorded = "case when is_original_classification then '1' else '0' end || hs_revision" %}
with

levels as (

    select distinct freq, period, reporter_code, flow, product_level, is_original_classification, hs_revision
    from {{ ref('int_comtrade_levels_recorded') }}

),

ranked as (

    select
        *,
        {{ as_recorded }} as place,
        max({{ as_recorded }}) over (partition by freq, period, reporter_code, flow, product_level) as first_place
    from levels

)

select freq, period, reporter_code, flow, product_level, is_original_classification, hs_revision
from ranked
where place <> first_place
