-- A row a month, in yen; of the units kilograms, tonnes and pieces are read. A zero is no row: the months that all files of
-- the flow and year hold are reported, and what they lack in them was not traded. Later months are not known yet.
{% set months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] %}
with

lines as (

    select
        *,
        min(cast(months as integer)) over (partition by exp_or_imp, year) as last_month
    from {{ source('japan_customs', 'japan_customs_flows') }}
    where {{ known() }}

),

monthly as (

    {% for month in months -%}
    select
        year, {{ loop.index }} as month, last_month, exp_or_imp, country, hs, unit1, unit2, _landing_id,
        cast(value_{{ month }} as double) as thousand_yen,
        cast(quantity1_{{ month }} as double) as quantity1,
        cast(quantity2_{{ month }} as double) as quantity2
    from lines
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    make_date(cast(year as integer), month, 1) as period,
    last_month = 12 as is_whole_year,
    case exp_or_imp when '1' then 'export' else 'import' end as role,
    country as partner_code,
    hs as commodity_code,
    left(hs, 6) as hs6_code,
    -- codes of chapter 00 are Japan's own, for goods that come back
    left(hs, 2) <> '00' as is_hs_code,

    thousand_yen * 1000 as value_jpy,
    nullif(
        case 'KG' when unit2 then quantity2 when unit1 then quantity1 else
            1000 * case 'MT' when unit2 then quantity2 when unit1 then quantity1 end
        end, 0
    ) as net_kg,
    nullif(case 'NO' when unit2 then quantity2 when unit1 then quantity1 end, 0) as pieces,

    _landing_id as landing_id
from monthly
where month <= last_month and thousand_yen > 0
