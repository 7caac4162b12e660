with

designations as (

    select *, {{ gone_at() }} as gone_at
    from {{ source('uk', 'uk_designations') }}
    where {{ was_known() }}

),

details as (

    {{ last_versions(source('uk', 'uk_details'), 'UniqueID, element, value, addition') }}

),

published as (

    select
        UniqueID as source_id,
        case element
            when 'PassportNumber' then 'Passport number'
            when 'NationalIdentifierNumber' then 'National Identifier number'
            when 'BusinessRegistrationNumber' then 'Business registration number'
            when 'IMONumber' then 'IMO number'
            when 'DOB' then 'Date of birth'
            when 'HullIdentificationNumber' then 'Hull identification number'
        end as identifier_type,
        value as identifier,
        gone_at
    from details
    union all
    select UniqueID, 'UN Reference Number', UNReferenceNumber, gone_at from designations
    union all
    select UniqueID, 'OFSI Group ID', OFSIGroupID, gone_at from designations

)

select
    'UK' as list_id,
    source_id,
    identifier_type,
    identifier,
    cast(null as varchar) as country_label,
    {{ gone_with_all() }} as gone_at
from published
where identifier_type is not null and identifier is not null
group by source_id, identifier_type, identifier
