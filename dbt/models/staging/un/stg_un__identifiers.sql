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

),

-- a date of birth is an identifier too: it separates entries
birthdates as (

    select
        REFERENCE_NUMBER,
        'Date of birth' as type_of_document,
        coalesce(DATE, YEAR, FROM_YEAR) as number,
        null as country,
        {{ gone_at() }} as gone_at
    from {{ source('un', 'un_birthdates') }}
    where {{ was_known() }}

),

published as (

    select * from documents
    union all
    select * from birthdates

)

select
    'UN' as list_id,
    REFERENCE_NUMBER as source_id,
    type_of_document as identifier_type,
    number as identifier,
    country as country_label,
    {{ gone_with_all() }} as gone_at
from published
where number is not null
group by REFERENCE_NUMBER, type_of_document, number, country
