-- The country of an address is certain: "Shenyang, CN" ends with its code.
with

listings as (

    select * from {{ ref('stg_csl__listings') }}

),

addresses as (

    select list_id, source_id, publication, unnest(addresses) as address, gone_at from listings

),

coded as (

    select
        *,
        nullif(regexp_extract(address, '(?:^|, )([A-Z]{2})$', 1), '') as code,
        -- "LEWISBURG, PA" is not in Panama: for denied persons the list may leave out its own country. Their own
        -- publication has a column for it, so there the last comma is before a country or before nothing.
        list_id = 'US_DPL' and publication = 'consolidated' and regexp_matches(
            address,
            '(^|, )[^,0-9]{3,}, (AL|AK|AZ|AR|CA|CO|CT|DE|DC|FL|GA|HI|ID|IL|IN|IA|KS|KY|LA|ME|MD|MA|MI|MN|MS|MO|MT|NE|NV'
            || '|NH|NJ|NM|NY|NC|ND|OH|OK|OR|PA|RI|SC|SD|TN|TX|UT|VT|VA|WA|WV|WI|WY)$'
        ) as may_be_a_state
    from addresses

),

births as (

    select list_id, source_id, unnest(places_of_birth) as place, gone_at from listings

),

published as (

    select
        list_id,
        source_id,
        'address' as link_kind,
        case when not may_be_a_state then code end as country_label,
        case when not may_be_a_state then code end as country_code,
        nullif(regexp_extract(address, '^([^,0-9]+), [A-Z]{2}$', 1), '') as city,
        rtrim(address, ', ') as address,
        gone_at
    from coded
    union all
    select list_id, source_id, 'nationality', code, code, null, null, gone_at
    from (
        select list_id, source_id, unnest(list_concat(nationalities, citizenships)) as code, gone_at from listings
    )
    union all
    select list_id, source_id, 'flag', vessel_flag, null, null, null, gone_at
    from listings
    where vessel_flag is not null
    union all
    select
        list_id,
        source_id,
        'birth',
        nullif(regexp_extract(place, ', ([^,]+)$', 1), ''), -- "Idleb, Syria"; or a town alone
        null,
        trim(split_part(place, ',', 1)),
        null,
        gone_at
    from births

)

select
    list_id,
    source_id,
    link_kind,
    country_label,
    case when regexp_full_match(country_code, '[A-Z]{2}') then country_code end as country_code,
    city,
    address,
    {{ gone_with_all() }} as gone_at
from published
group by all
