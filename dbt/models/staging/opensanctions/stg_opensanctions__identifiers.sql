with

listings as (

    select * from {{ ref('stg_opensanctions__listings') }}

),

published as (

    {% for property in (
        'registrationNumber', 'taxNumber', 'vatCode', 'innCode', 'ogrnCode', 'kppCode', 'okpoCode', 'bikCode',
        'leiCode', 'swiftBic', 'dunsCode', 'uscCode', 'uniqueEntityId', 'idNumber', 'passportNumber',
        'socialSecurityNumber', 'birthDate', 'imoNumber', 'mmsi', 'callSign',
    ) %}
    select list_id, source_id, '{{ property }}' as identifier_type,
        unnest(json_extract_string(properties, '$.{{ property }}[*]')) as identifier, gone_at
    from listings
    union all
    {% endfor %}
    -- the simplified CSV has no kind of a number
    select list_id, source_id, 'identifier', unnest(identifiers), gone_at from listings

)

select
    list_id,
    source_id,
    identifier_type,
    identifier,
    cast(null as varchar) as country_label,
    {{ gone_with_all() }} as gone_at
from published
where identifier is not null
group by list_id, source_id, identifier_type, identifier
