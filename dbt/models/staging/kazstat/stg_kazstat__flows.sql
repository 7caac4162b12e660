-- The latest release's word on each period, whatever its partners: countries, groups and the total. Thousand
-- dollars become dollars. A dash is no number, so no row.
with

flows as (

    select
        *,
        max(release) over (partition by year, first_month, last_month) as latest_release,
        {{ russian_number('value') }} as value_thousand_usd
    from {{ source('kazstat', 'kazstat_flows') }}
    where {{ known() }}

)

select
    make_date(cast(year as integer), cast(first_month as integer), 1) as period,
    case flow when 'экспорт' then 'export' when 'импорт' then 'import' end as role,
    {{ russian_name('partner') }} as partner_code,
    partner as partner_name,
    cast(last_month as integer) - cast(first_month as integer) + 1 as months,
    first_month = '1' and last_month = '12' as is_whole_year,
    contains(lower(period), 'предварительн') as is_provisional,
    value_thousand_usd * 1000 as value_usd,
    release,
    _landing_id as landing_id
from flows
where release = latest_release and value_thousand_usd is not null
