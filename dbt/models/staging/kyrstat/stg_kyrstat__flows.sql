-- The latest release's word on each year, whatever its partners: countries, groups and the total. Thousand
-- dollars become dollars. A dash is no number, so no row.
with

flows as (

    select
        *,
        max(release) over (partition by flow, year) as latest_release,
        {{ russian_number('value') }} as value_thousand_usd
    from {{ source('kyrstat', 'kyrstat_flows') }}
    where {{ known() }}

)

select
    make_date(cast(year as integer), 1, 1) as period,
    flow as role,
    {{ russian_name('partner_ru') }} as partner_code,
    partner_ru as partner_name,
    12 as months,
    true as is_whole_year,
    coalesce(contains(lower(note), 'предварительн'), false) as is_provisional,
    value_thousand_usd * 1000 as value_usd,
    release,
    _landing_id as landing_id
from flows
where release = latest_release and value_thousand_usd is not null
