-- An entry may have one name twice, as an alias and as a weak one: each kind is a row.
select distinct
    list_id,
    source_id,
    name,
    name_kind,
    normalised_name
from {{ ref('int_entity_names_normalised') }}
