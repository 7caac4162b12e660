-- Every entry of every list, side by side, delisted ones too. Entries of two lists are never merged.
with

entries as (

    {{ every_list('entries', 'list_id, source_id, name, kind, listed_on, remarks, first_seen_at, gone_at',
        where={'csl': 'not is_repeated'}) }}

)

select
    source_name,
    list_id,
    source_id,
    name,
    kind,
    listed_on,
    remarks,
    first_seen_at,
    gone_at
from entries
