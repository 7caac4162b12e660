-- The identifiers that may identify an entry, by kind and issuer (seeds/identifier_kinds.csv).
-- A telephone, a gender or a date of founding identifies no entry and is not here. `issuer` is a country, '*' for a
-- number that is one in the world, and NULL where the list does not state it. The list's own number of an entry is an
-- identifier too: both of OFAC's lists use one, and others quote the UN's.
with

entities as (

    select * from {{ ref('int_entities_unioned') }}

),

every_identifier as (

    {{ every_list('identifiers', 'list_id, source_id, identifier_type, identifier, country_label, gone_at') }}

),

-- what an entry lost while it stayed listed is left out; what ended with it stays
identifiers as (

    select every_identifier.*
    from every_identifier
    inner join entities
        on entities.list_id = every_identifier.list_id
        and entities.source_id = every_identifier.source_id
    where {{ is_with_its_entry('every_identifier', 'entities') }}

),

identifier_kinds as (

    select * from {{ ref('stg_seeds__identifier_kinds') }}

),

labels as (

    select * from {{ ref('int_country_labels_resolved') }}

),

typed as (

    select
        identifiers.list_id,
        identifiers.source_id,
        identifier_kinds.identifier_kind,
        case when identifier_kinds.issuer = 'row' then labels.iso3 else identifier_kinds.issuer end as issuer,
        identifiers.identifier
    from identifiers
    inner join identifier_kinds
        on identifier_kinds.publisher = identifiers.source_name
        and identifier_kinds.identifier_type = lower(trim(identifiers.identifier_type))
    left join labels
        on labels.source_name = identifiers.source_name
        and labels.country_label = coalesce(identifiers.country_label, '')
        and labels.country_code = ''
    where identifiers.identifier is not null
    union all
    select
        list_id,
        source_id,
        source_name || '_number' as identifier_kind,
        '*' as issuer,
        source_id as identifier
    from entities

)

select distinct
    list_id,
    source_id,
    identifier_kind,
    issuer,
    identifier
from typed
