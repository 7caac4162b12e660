-- Which country a list means by a name or a two-letter code. An explicit row of seeds/country_codes.csv wins,
-- also where it states that a label is no country; then the code, then ISO 3166's names.
with

labels as (

    {{ every_list('locations', 'country_label, country_code') }}
    union all
    {{ every_list('identifiers', 'country_label, null as country_code') }}

),

distinct_labels as (

    select distinct
        source_name,
        coalesce(country_label, '') as country_label,
        coalesce(country_code, '') as country_code
    from labels
    where country_label is not null or country_code is not null

),

explicit as (

    select publisher, lower(code) as label, iso3 from {{ ref('stg_seeds__country_codes') }}

),

iso as (

    select * from {{ ref('stg_pycountry__countries') }}

),

every_name as (

    select lower(iso_name) as label, iso3 from iso
    union
    select lower(name) as label, iso3 from iso
    union
    select lower(official_name) as label, iso3 from iso

),

iso_names as (

    select label, min(iso3) as iso3 from every_name where label is not null group by label

)

select
    distinct_labels.source_name,
    distinct_labels.country_label,
    distinct_labels.country_code,
    case
        when explicit_labels.label is not null then explicit_labels.iso3
        when explicit_codes.label is not null then explicit_codes.iso3
        else coalesce(iso.iso3, iso_codes.iso3, iso_names.iso3)
    end as iso3
from distinct_labels
left join explicit as explicit_labels
    on explicit_labels.publisher = distinct_labels.source_name
    and explicit_labels.label = lower(distinct_labels.country_label)
left join explicit as explicit_codes
    on explicit_codes.publisher = distinct_labels.source_name
    and explicit_codes.label = lower(distinct_labels.country_code)
-- some lists write the code where others write the name
left join iso on iso.iso2 = upper(coalesce(nullif(distinct_labels.country_code, ''), distinct_labels.country_label))
-- or three letters
left join iso as iso_codes on iso_codes.iso3 = upper(distinct_labels.country_code)
left join iso_names on iso_names.label = lower(distinct_labels.country_label)
