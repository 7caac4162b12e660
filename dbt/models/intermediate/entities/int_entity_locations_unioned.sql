-- Every place an entry is tied to, and how.
-- What an entry lost while it stayed listed is left out; what went with it stays.
with

entities as (

    select * from {{ ref('int_entities_unioned') }}

),

locations as (

    {{ every_list('locations', 'list_id, source_id, link_kind, country_label, country_code, city, gone_at') }}

)

select
    entities.source_name,
    entities.list_id,
    entities.source_id,
    entities.kind,
    locations.link_kind,
    locations.country_label,
    locations.country_code,
    locations.city
from locations
inner join entities
    on entities.list_id = locations.list_id
    and entities.source_id = locations.source_id
where {{ is_with_its_entry('locations', 'entities') }}
