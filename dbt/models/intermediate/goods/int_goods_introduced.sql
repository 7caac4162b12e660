-- Goods without a past: codes that an HS revision brought and that no bridge leads back from. Before that revision there
-- was no code to report them under: a period before it has no figure of them, and is no zero (METHODS E7).
with

new_codes as (

    select * from {{ ref('stg_seeds__new_codes') }}

),

groups as (

    select * from {{ ref('int_products_grouped') }}

),

-- the revision in which a group has its oldest code
oldest as (

    select stable_group_id, min(hs_revision) as hs_revision
    from groups
    group by stable_group_id

),

revisions as (

    {% for revision in var('hs_revisions') -%}
    select '{{ revision.revision }}' as hs_revision, cast('{{ revision.first_year }}-01-01' as date) as followed_from
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select
    coalesce(groups.stable_group_id, new_codes.product_code) as goods,
    min(revisions.followed_from) as introduced_on
from new_codes
inner join revisions on revisions.hs_revision = new_codes.hs_revision
left join groups
    on groups.hs_revision = new_codes.hs_revision
    and groups.product_code = new_codes.product_code
left join oldest on oldest.stable_group_id = groups.stable_group_id
where groups.stable_group_id is null or oldest.hs_revision = new_codes.hs_revision
group by coalesce(groups.stable_group_id, new_codes.product_code)
