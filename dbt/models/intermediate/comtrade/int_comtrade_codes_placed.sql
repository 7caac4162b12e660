-- Whom the codes stand for that Comtrade uses in a period, as reporters or as partners. The world and blocs are sums of
-- others and stand for nobody. A country that comes under several codes in one period is the sum of them.
with

country_codes as (

    select * from {{ ref('int_country_codes_resolved') }} where publisher = 'comtrade'

),

seen as (

    select freq, period, reporter_code as code from {{ ref('int_comtrade_levels_recorded') }}
    union
    select freq, period, partner_code as code from {{ ref('int_comtrade_levels_recorded') }}

)

select
    seen.freq,
    seen.period,
    seen.code,
    country_codes.party,
    country_codes.is_country,
    count(*) over (partition by seen.freq, seen.period, country_codes.party) > 1 as has_several_codes
from seen
inner join country_codes on country_codes.code = seen.code
where country_codes.kind not in ('world', 'bloc')
