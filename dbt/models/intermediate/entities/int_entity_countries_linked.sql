-- The countries an entry is tied to: by address, nationality, registration, birth or flag, each with how often.
-- What an entry lost while it stayed listed is left out; what ended with it stays.
with

entities as (

    select * from {{ ref('int_entities_unioned') }}

),

every_location as (

    {{ every_list('locations', 'list_id, source_id, link_kind, country_label, country_code, city, gone_at') }}

),

locations as (

    select every_location.*
    from every_location
    inner join entities
        on entities.list_id = every_location.list_id
        and entities.source_id = every_location.source_id
    where {{ is_with_its_entry('every_location', 'entities') }}

),

labels as (

    select * from {{ ref('int_country_labels_resolved') }} where iso3 is not null

)

select
    locations.list_id,
    locations.source_id,
    labels.iso3,
    locations.link_kind,
    min(locations.city) as city,
    count(*) as mentions
from locations
inner join labels
    on labels.source_name = locations.source_name
    and labels.country_label = coalesce(locations.country_label, '')
    and labels.country_code = coalesce(locations.country_code, '')
group by locations.list_id, locations.source_id, labels.iso3, locations.link_kind
