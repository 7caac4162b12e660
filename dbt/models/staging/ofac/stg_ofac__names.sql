with

entries as (

    {{ last_versions(source('ofac', 'ofac_entries'), 'list, uid') }}

),

aliases as (

    {{ last_versions(source('ofac', 'ofac_aliases'), 'list, uid, akaUid') }}

)

select
    'OFAC_' || upper(list) as list_id,
    uid as source_id,
    'primary' as name_id,
    coalesce(sdnName, concat_ws(', ', lastName, firstName)) as name,
    'primary' as name_kind,
    gone_at
from entries
union all
select
    'OFAC_' || upper(list) as list_id,
    uid as source_id,
    akaUid as name_id,
    coalesce(name, concat_ws(', ', lastName, firstName)) as name,
    case when category = 'weak' then 'weak_alias' else 'alias' end as name_kind,
    gone_at
from aliases
