-- Codes are ISO's in small letters, and OpenSanctions' own for what ISO has none for.
with

listings as (

    select * from {{ ref('stg_opensanctions__listings') }}

),

addresses as (

    select *, {{ gone_at() }} as gone_at
    from {{ source('opensanctions', 'opensanctions_entities') }}
    where {{ was_known() }} and schema = 'Address'

),

published as (

    {% for property, link_kind in {
        'nationality': 'nationality', 'citizenship': 'nationality', 'birthCountry': 'birth', 'flag': 'flag',
        'jurisdiction': 'registration', 'mainCountry': 'registration', 'country': 'address',
    }.items() %}
    select list_id, source_id, '{{ link_kind }}' as link_kind,
        unnest(json_extract_string(properties, '$.{{ property }}[*]')) as country_label,
        cast(null as varchar) as city, gone_at
    from listings
    union all
    {% endfor %}
    -- the simplified CSV does not state what ties an entity to a country: the weakest tie is taken
    select list_id, source_id, 'address', unnest(countries), null, gone_at from listings
    union all
    select
        linked.list_id, linked.source_id, 'address',
        json_extract_string(addresses.properties, '$.country[0]'),
        json_extract_string(addresses.properties, '$.city[0]'),
        -- where either of the two is over, the tie is over
        least(linked.gone_at, addresses.gone_at)
    from (
        select *, unnest(json_extract_string(properties, '$.addressEntity[*]')) as address_id from listings
    ) as linked
    inner join addresses on addresses.id = linked.address_id and addresses.export = linked.export

)

select
    list_id,
    source_id,
    link_kind,
    country_label,
    case when length(country_label) = 2 then upper(country_label) end as country_code,
    city,
    {{ gone_with_all() }} as gone_at
from published
where country_label is not null or city is not null
group by list_id, source_id, link_kind, country_label, city
