-- Every version of every row of the list, under the list and the number or name that identify its party.
with

entries as (

    select *, {{ gone_at() }} as gone_at
    from {{ source('csl', 'csl_entries') }}
    where {{ was_known() }}

),

named as (

    -- "Entity List (EL) - Bureau of …" is EL, "Non-SDN Menu-Based Sanctions List (NS-MBS List) - …" is MBS
    select *, coalesce(
        nullif(regexp_extract(source, '\((?:NS-)?([A-Z]+)', 1), ''),
        upper(regexp_replace(source, '[^A-Za-z]+', '_', 'g'))
    ) as short_name
    from entries

)

select
    'US_' || short_name as list_id,
    -- the lists of Commerce and State number no one: there a name is a party
    coalesce(entity_number, name) as source_id,
    short_name,
    source as list_name,
    case
        when source like '%Treasury Department' and short_name = 'SDN' then 'OFAC_SDN'
        when source like '%Treasury Department' then 'OFAC_CONSOLIDATED'
    end as repeats_list_id,
    publication,
    name,
    case lower(type)
        when 'individual' then 'person'
        when 'vessel' then 'vessel'
        when 'aircraft' then 'aircraft'
        else 'entity' -- Commerce and State do not state the kind
    end as kind,
    coalesce(try_cast(start_date as date), cast(try_strptime(start_date, '%m/%d/%Y') as date)) as listed_on,
    coalesce(try_cast(end_date as date), cast(try_strptime(end_date, '%m/%d/%Y') as date)) as ends_on,
    title,
    remarks,
    license_requirement,
    license_policy,
    federal_register_notice as legal_basis,
    {{ packed('programs') }} as programs,
    {{ packed('alt_names') }} as aliases,
    {{ packed('addresses') }} as addresses,
    {{ packed('nationalities') }} as nationalities,
    {{ packed('citizenships') }} as citizenships,
    {{ packed('places_of_birth') }} as places_of_birth,
    vessel_flag,
    string_split(ids, '; ') as identifiers,
    -- the older layout has "RU, 1137746390572, Registration ID", the newer "Registration ID, C122790, CY"
    _id is null as is_type_last,
    part,
    _valid_from,
    gone_at
from named
