-- Which code of one HS revision holds the goods of which code of another, both ways, with the share of the
-- value that is taken to go there.
--
-- Links. UNSD's correlation names every pair that shares any good: waste of electronics with a thousand codes,
-- chips with washing machines. So its pairs are taken where they are whole on one side at least (1:1, 1:n, n:1).
-- Among n:n pairs the one that UNSD's conversion names is taken, and for an older code that no conversion names
-- its pairs within its heading, else within its chapter. seeds/bridge_overrides.csv replaces all pairs
-- of a code whose conversion misleads; a code that no older one is the ancestor of has no row.
--
-- Weights. To the older revision all value goes to UNSD's conversion, as in the figures that Comtrade converts;
-- pairs beside it have the weight 0. To the newer one no source has the shares: they are equal, and quality is lower.
-- For comparisons over time use int_products_grouped, which needs no weights.
--
-- Between two revisions without a loaded table the links are those of seeds/listed_bridges.csv: of listed goods alone,
-- so that nothing follows for any other code, nor for the heading of a listed one (is_from_table is false).
{% set adjacent = "cast(right(revision_from, 4) as integer) - cast(right(revision_to, 4) as integer) < 10" %}
with

conversions as (

    select * from {{ ref('stg_unsd__conversions') }} where {{ adjacent }}

),

correlations as (

    select * from {{ ref('stg_unsd__correlations') }} where {{ adjacent }}

),

overrides as (

    select * from {{ ref('stg_seeds__bridge_overrides') }}

),

overridden as (

    select distinct revision_from, code_from, revision_to from overrides

),

listed_bridges as (

    select seeded.*
    from {{ ref('stg_seeds__listed_bridges') }} as seeded
    left join (select distinct revision_from, revision_to from correlations) as tables
        on tables.revision_from = seeded.revision_from
        and tables.revision_to = seeded.revision_to
    where tables.revision_from is null

),

-- every pair that may be a link, but for those of overridden codes that are n:n
pairs as (

    select
        correlations.*,
        conversions.code_to is not null as is_conversion
    from correlations
    left join conversions
        on conversions.revision_from = correlations.revision_from
        and conversions.code_from = correlations.code_from
        and conversions.revision_to = correlations.revision_to
        and conversions.code_to = correlations.code_to
    left join overridden
        on overridden.revision_from = correlations.revision_from
        and overridden.code_from = correlations.code_from
        and overridden.revision_to = correlations.revision_to
    where overridden.code_from is null

),

-- an override holds for codes that are in the loaded tables
replacements as (

    select
        overrides.revision_from,
        overrides.code_from,
        overrides.revision_to,
        overrides.code_to
    from overrides
    inner join (select distinct revision_from, code_from, revision_to from correlations) as known
        on known.revision_from = overrides.revision_from
        and known.code_from = overrides.code_from
        and known.revision_to = overrides.revision_to
    where overrides.code_to is not null

),

first_links as (

    select
        revision_from, code_from, revision_to, code_to, relation,
        case when is_conversion then 'conversion' else 'correlation' end as basis
    from pairs
    where relation <> 'n:n' or is_conversion
    union all
    select revision_from, code_from, revision_to, code_to, 'n:n' as relation, 'override' as basis
    from replacements

),

reached as (

    select distinct revision_from, revision_to, code_to from first_links

),

-- pairs of older codes that nothing names yet, and how near each is: 1 in its heading, 2 in its chapter
near_pairs as (

    select
        pairs.*,
        case when left(pairs.code_from, 4) = left(pairs.code_to, 4) then 1 else 2 end as distance
    from pairs
    left join reached
        on reached.revision_from = pairs.revision_from
        and reached.revision_to = pairs.revision_to
        and reached.code_to = pairs.code_to
    where reached.code_to is null
        and left(pairs.code_from, 2) = left(pairs.code_to, 2)

),

nearest as (

    select revision_from, revision_to, code_to, min(distance) as distance
    from near_pairs
    group by revision_from, revision_to, code_to

),

links as (

    select *, true as is_from_table from first_links
    union all
    select revision_from, code_from, revision_to, code_to, relation, basis, false as is_from_table
    from listed_bridges
    union all
    select
        near_pairs.revision_from, near_pairs.code_from, near_pairs.revision_to, near_pairs.code_to,
        near_pairs.relation, 'correlation' as basis, true as is_from_table
    from near_pairs
    inner join nearest
        on nearest.revision_from = near_pairs.revision_from
        and nearest.revision_to = near_pairs.revision_to
        and nearest.code_to = near_pairs.code_to
        and nearest.distance = near_pairs.distance

),

downward_counts as (

    select
        revision_from, code_from, revision_to,
        count(*) as targets,
        count(*) filter (where basis = 'conversion') as conversions
    from links
    group by revision_from, code_from, revision_to

),

upward_counts as (

    select revision_from, revision_to, code_to, count(*) as targets
    from links
    group by revision_from, revision_to, code_to

),

adjacent as (

    select
        links.revision_from, links.code_from, links.revision_to, links.code_to, links.relation, links.basis,
        links.is_from_table,
        case
            when counts.conversions = 0 then 1e0 / counts.targets
            when links.basis = 'conversion' then 1.0
            else 0.0
        end as weight
    from links
    inner join downward_counts as counts
        on counts.revision_from = links.revision_from
        and counts.code_from = links.code_from
        and counts.revision_to = links.revision_to
    union all
    select
        links.revision_to as revision_from, links.code_to as code_from,
        links.revision_from as revision_to, links.code_from as code_to,
        right(links.relation, 1) || ':' || left(links.relation, 1) as relation,
        links.basis,
        links.is_from_table,
        1e0 / counts.targets as weight
    from links
    inner join upward_counts as counts
        on counts.revision_from = links.revision_from
        and counts.revision_to = links.revision_to
        and counts.code_to = links.code_to

),

-- over the revision between, in the same direction: a side is 1 only where both steps leave it whole
steps as (

    select
        earlier.revision_from, earlier.code_from, later.revision_to, later.code_to,
        case when left(earlier.relation, 1) = '1' and left(later.relation, 1) = '1' then '1' else 'n' end as sources,
        case when right(earlier.relation, 1) = '1' and right(later.relation, 1) = '1' then '1' else 'n' end as targets,
        case
            when 'override' in (earlier.basis, later.basis) then 3
            when 'correlation' in (earlier.basis, later.basis) then 2
            else 1
        end as basis_rank,
        earlier.is_from_table and later.is_from_table as is_from_table,
        earlier.weight * later.weight as weight
    from adjacent as earlier
    inner join adjacent as later
        on later.revision_from = earlier.revision_to
        and later.code_from = earlier.code_to
        and later.revision_to <> earlier.revision_from

),

composed as (

    select
        revision_from, code_from, revision_to, code_to,
        max(sources) || ':' || max(targets) as relation,
        sum(cast(weight as decimal(38, 12))) as weight,
        max(basis_rank) as basis_rank,
        bool_and(is_from_table) as is_from_table
    from steps
    group by revision_from, code_from, revision_to, code_to

),

-- what a code between leads nowhere with is shared among the others
arriving as (

    select revision_from, code_from, revision_to, sum(weight) as weight
    from composed
    group by revision_from, code_from, revision_to

),

bridged as (

    select
        revision_from, code_from, revision_to, code_to, relation, cast(weight as double) as weight, basis, is_from_table
    from adjacent
    union all
    select
        composed.revision_from, composed.code_from, composed.revision_to, composed.code_to, composed.relation,
        cast(composed.weight as double) / nullif(cast(arriving.weight as double), 0) as weight,
        case composed.basis_rank when 3 then 'override' when 2 then 'correlation' else 'conversion' end as basis,
        composed.is_from_table
    from composed
    inner join arriving
        on arriving.revision_from = composed.revision_from
        and arriving.code_from = composed.code_from
        and arriving.revision_to = composed.revision_to

)

select
    revision_from,
    code_from,
    revision_to,
    code_to,
    relation,
    weight,
    cast(case relation when '1:1' then 1.0 when 'n:1' then 0.9 when '1:n' then 0.6 else 0.3 end as double) as quality,
    basis,
    is_from_table
from bridged
