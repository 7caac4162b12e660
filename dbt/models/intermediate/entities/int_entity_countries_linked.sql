-- The countries an entry is tied to: by address, nationality, registration, birth or flag, each with how often.
with

locations as (

    select * from {{ ref('int_entity_locations_unioned') }}

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
