-- The day of a listing is the designation date the EU gives; where it gives none, the earliest date of the
-- regulations that the listing and its parts name. Each amendment takes the place of the regulation before
-- it, so the regulation alone would make old listings young.
with

listings as (

    {{ last_versions(source('eu', 'eu_listings'), 'entityLogicalId, programme') }}

),

{% set details = ['eu_names', 'eu_citizenships', 'eu_birthdates', 'eu_addresses', 'eu_identifications'] -%}
regulations as (

    select entityLogicalId, programme, least(publicationDate, entryIntoForceDate) as dated
    from {{ source('eu', 'eu_listings') }}
    where {{ was_known() }}
    {% for detail in details %}
    union all
    select entityLogicalId, programme, publicationDate from {{ source('eu', detail) }} where {{ was_known() }}
    {% endfor %}

),

earliest as (

    select entityLogicalId, programme, min(cast(left(dated, 10) as date)) as regulated_on
    from regulations
    group by entityLogicalId, programme

)

select
    'EU' as list_id,
    listings.entityLogicalId as source_id,
    listings.programme as program,
    listings.numberTitle as legal_basis,
    coalesce(cast(left(listings.designationDate, 10) as date), earliest.regulated_on) as listed_on,
    listings.designationDate is not null as is_listed_on_given,
    listings.unitedNationId as un_reference,
    listings.publicationUrl as legal_basis_url,
    listings.remark as remarks,
    listings.first_seen_at,
    listings.gone_at
from listings
left join earliest
    on earliest.entityLogicalId = listings.entityLogicalId
    and earliest.programme = listings.programme
