-- Which codes were on the Common High Priority List on the last day of a flow's period, and which are on the
-- day of this build. A code counts in its own HS revision; two listed codes may share one older code.
with

goods as (

    select * from {{ ref('int_controlled_goods_unioned') }} where list_id = 'CHPL'

),

periods as (

    select distinct freq, period from {{ ref('int_reports_ranked') }}

),

builds as (

    select known_on from {{ ref('int_builds_described') }}

),

days as (

    select
        periods.freq,
        periods.period,
        builds.known_on,
        case periods.freq
            when 'A' then cast(cast(extract(year from periods.period) as {{ dbt.type_string() }}) || '-12-31' as date)
            else last_day(periods.period)
        end as last_day
    from periods
    cross join builds

),

examined as (

    select
        days.freq,
        days.period,
        goods.product_code,
        goods.hs_revision,
        goods.valid_from <= days.last_day and coalesce(goods.valid_to >= days.last_day, true) as is_then,
        goods.valid_from <= days.known_on and coalesce(goods.valid_to >= days.known_on, true) as is_now
    from days
    cross join goods

)

select
    freq,
    period,
    product_code,
    hs_revision,
    count(*) filter (where is_then) > 0 as is_controlled_then,
    count(*) filter (where is_now) > 0 as is_controlled_now
from examined
group by freq, period, product_code, hs_revision
