{# all that comes in parts lies downstream: here the table in which they are noted is made -#}
{{ config(materialized='table', pre_hook='{{ create_parts_built() }}') }}
-- Which landings each part (a frequency and a year) of Comtrade's figures was read from, and which later landing closed
-- a row of it: as long as these are the same, so is the part. Whether a landing answers a question again is told of
-- it too: see int_flows_revised.
with

repeats as (

    select distinct later.landing_id
    from {{ ref('stg_build__landings') }} as later
    inner join {{ ref('stg_build__landings') }} as earlier
        on earlier.source_name = later.source_name
        and earlier.scope = later.scope
        and earlier.vintage < later.vintage
    where later.source_name = 'comtrade'

),

parts as (

    select
        freqCode as freq,
        cast(left(period, 4) as integer) as year,
        _landing_id as landing_id,
        _closed_by as closed_by,
        count(*) as rows
    from {{ source('comtrade', 'comtrade_flows') }}
    where freqCode in ('A', 'M')
    group by all

)

select
    parts.freq,
    parts.year,
    parts.landing_id,
    parts.closed_by,
    repeats.landing_id is not null as is_repeat,
    parts.rows
from parts
left join repeats on repeats.landing_id = parts.landing_id
