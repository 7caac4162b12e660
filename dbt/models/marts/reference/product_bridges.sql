with

bridges as (

    select * from {{ ref('int_products_bridged') }}

),

groups as (

    select * from {{ ref('int_products_grouped') }}

)

select
    bridges.revision_from,
    bridges.code_from,
    bridges.revision_to,
    bridges.code_to,
    bridges.relation,
    bridges.basis,
    groups.stable_group_id,
    groups.group_codes,
    bridges.weight,
    bridges.quality
from bridges
left join groups
    on groups.hs_revision = bridges.revision_from
    and groups.product_code = bridges.code_from
