with

documents as (

    select
        REFERENCE_NUMBER,
        coalesce(TYPE_OF_DOCUMENT, TYPE_OF_DOCUMENT2) as type_of_document,
        "NUMBER" as number,
        coalesce(ISSUING_COUNTRY, COUNTRY_OF_ISSUE) as country,
        {{ gone_at() }} as gone_at
    from {{ source('un', 'un_documents') }}
    where {{ was_known() }}

)

select
    'UN' as list_id,
    REFERENCE_NUMBER as source_id,
    type_of_document as identifier_type,
    number as identifier,
    country as country_label,
    {{ gone_with_all() }} as gone_at
from documents
where number is not null
group by REFERENCE_NUMBER, type_of_document, number, country
