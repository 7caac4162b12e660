-- The identifiers that may tell who an entry is, by what they are (seeds/identifier_kinds.csv) and the country
-- that gave them. A telephone, a gender or a date of founding tells nobody and is not here.
with

identifiers as (

    select * from {{ ref('int_entity_identifiers_unioned') }}

),

identifier_kinds as (

    select * from {{ ref('stg_seeds__identifier_kinds') }}

),

labels as (

    select * from {{ ref('int_country_labels_resolved') }}

)

select distinct
    identifiers.list_id,
    identifiers.source_id,
    identifier_kinds.identifier_kind,
    identifier_kinds.is_per_country,
    identifiers.identifier,
    labels.iso3
from identifiers
inner join identifier_kinds
    on identifier_kinds.publisher = identifiers.source_name
    and identifier_kinds.identifier_type = lower(trim(identifiers.identifier_type))
left join labels
    on labels.source_name = identifiers.source_name
    and labels.country_label = coalesce(identifiers.country_label, '')
    and labels.country_code = ''
where identifiers.identifier is not null
