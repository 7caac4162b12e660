-- Annex IV gives an address or a place of registration, annex XLV is of parties established in third countries.
select
    list_id,
    source_id,
    case annex when 'IV' then 'address' else 'registration' end as link_kind,
    cast(null as varchar) as country_label,
    country_iso3 as country_code,
    cast(null as varchar) as city,
    gone_at
from {{ ref('stg_eu_regulation__parties') }}
where country_iso3 is not null
