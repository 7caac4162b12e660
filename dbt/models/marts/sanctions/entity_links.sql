select
    left_list_id,
    left_source_id,
    right_list_id,
    right_source_id,
    left_name,
    right_name,
    status,
    score,
    basis
from {{ ref('int_entity_links_found') }}
