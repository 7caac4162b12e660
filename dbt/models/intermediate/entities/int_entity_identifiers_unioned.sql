-- Every document, number or date of an entry.
-- What an entry lost while it stayed listed is left out; what went with it stays.
with

entities as (

    select * from {{ ref('int_entities_unioned') }}

),

identifiers as (

    {{ every_list('identifiers', 'list_id, source_id, identifier_type, identifier, country_label, gone_at') }}

)

select
    entities.source_name,
    entities.list_id,
    entities.source_id,
    entities.kind,
    identifiers.identifier_type,
    identifiers.identifier,
    identifiers.country_label
from identifiers
inner join entities
    on entities.list_id = identifiers.list_id
    and entities.source_id = identifiers.source_id
where {{ is_with_its_entry('identifiers', 'entities') }}
