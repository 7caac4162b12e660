-- Every program an entry is listed under.
-- What an entry lost while it stayed listed is left out; what ended with it stays.
with

entities as (

    select * from {{ ref('int_entities_unioned') }}

),

programs as (

    {{ every_list('programs', 'list_id, source_id, program, legal_basis, listed_on, gone_at') }}

)

select
    entities.source_name,
    entities.list_id,
    entities.source_id,
    entities.kind,
    programs.program,
    programs.legal_basis,
    programs.listed_on
from programs
inner join entities
    on entities.list_id = programs.list_id
    and entities.source_id = programs.source_id
where {{ is_with_its_entry('programs', 'entities') }}
