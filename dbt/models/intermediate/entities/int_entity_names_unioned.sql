-- Every name of every entry.
-- What an entry lost while it stayed listed is left out; what ended with it stays.
with

entities as (

    select * from {{ ref('int_entities_unioned') }}

),

names as (

    {{ every_list('names', 'list_id, source_id, name, name_kind, gone_at') }}

)

select
    entities.source_name,
    entities.list_id,
    entities.source_id,
    entities.kind,
    names.name,
    names.name_kind
from names
inner join entities
    on entities.list_id = names.list_id
    and entities.source_id = names.source_id
where {{ is_with_its_entry('names', 'entities') }}
