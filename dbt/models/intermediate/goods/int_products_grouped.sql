-- Codes that exchanged goods over the revisions of `grouped_revisions`, as one group that is the same thing in
-- each of them: the connected components of the links between adjacent revisions. Sums over a group compare over
-- time and between reporters without any assumption about shares.
--
-- A group is found by passing the smallest label along the links, round by round; labels sort the newest
-- revision first, so that a group is called after its smallest newest code. That the rounds were enough is
-- tested (links_stay_in_their_group).
{% set newest = var('grouped_revisions') | first %}
{% set grouped = "('" ~ var('grouped_revisions') | join("', '") ~ "')" %}
with

codes as (

    select revision_from as hs_revision, code_from as product_code from {{ ref('stg_unsd__correlations') }}
    union
    select revision_to as hs_revision, code_to as product_code from {{ ref('stg_unsd__correlations') }}
    union
    select revision_from as hs_revision, code_from as product_code from {{ ref('int_products_bridged') }}

),

nodes as (

    select
        hs_revision,
        product_code,
        cast(9999 - cast(right(hs_revision, 4) as integer) as {{ dbt.type_string() }}) || product_code as label
    from codes
    where hs_revision in {{ grouped }}

),

-- each node is its own neighbour, so that a round reads the round before once
edges as (

    select label, label as neighbour from nodes
    union all
    select nodes.label, neighbours.label as neighbour
    from {{ ref('int_products_bridged') }} as bridges
    inner join nodes
        on nodes.hs_revision = bridges.revision_from
        and nodes.product_code = bridges.code_from
    inner join nodes as neighbours
        on neighbours.hs_revision = bridges.revision_to
        and neighbours.product_code = bridges.code_to

),

round_0 as (

    select label, label as smallest from nodes

),
{% for round in range(1, var('grouping_rounds') + 1) %}

round_{{ round }} as (

    select edges.label, min(earlier.smallest) as smallest
    from edges
    inner join round_{{ round - 1 }} as earlier on earlier.label = edges.neighbour
    group by edges.label

),
{% endfor %}

groups as (

    select
        rounds.smallest,
        count(distinct nodes.product_code) as distinct_codes,
        count(*) as codes
    from round_{{ var('grouping_rounds') }} as rounds
    inner join nodes on nodes.label = rounds.label
    group by rounds.smallest

),

-- A code that never changed keeps it; any other group has a name that no HS code has.
named as (

    select
        smallest,
        codes,
        substring(smallest, 5, 6) as first_code,
        case
            when left(smallest, 4) <> cast(9999 - {{ newest[-4:] }} as {{ dbt.type_string() }})
                then 'G' || substring(smallest, 5, 6) || '-'
                    || cast(9999 - cast(left(smallest, 4) as integer) as {{ dbt.type_string() }})
            when distinct_codes = 1 then substring(smallest, 5, 6)
            else 'G' || substring(smallest, 5, 6)
        end as stable_group_id
    from groups

)

select
    nodes.hs_revision,
    nodes.product_code,
    named.stable_group_id,
    left(named.first_code, 2) as group_chapter,
    named.codes as group_codes
from nodes
inner join round_{{ var('grouping_rounds') }} as rounds on rounds.label = nodes.label
inner join named on named.smallest = rounds.smallest
