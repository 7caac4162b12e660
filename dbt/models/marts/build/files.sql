-- Each file that a source recognised, how many of its rows are used, and why the others are not. Rows of trade are judged
-- one by one (int_file_rows_counted); of a list or a reference table every row is used.
{% set kept_elsewhere = [
    'all partners together, compared with their sum',
    'partners that are blocs',
    'reporters that are blocs',
    'in another revision of the HS than the one used',
    'replaced by a later file',
    'replaced by a later file or release, or without a number',
    'the same as in a file before it',
    'partners that are neither transit nor destination',
] %}
with

files as (

    select *, entity in ('flows', 'downloads') and status = 'loaded' as is_trade
    from {{ ref('stg_build__files') }}

),

counted as (

    select * from {{ ref('int_file_rows_counted') }}

),

sums as (

    select
        landing_id,
        sum(rows) as rows_counted,
        coalesce(sum(rows) filter (where reason is null), 0) as rows_used
    from counted
    group by landing_id

),

summed as (

    select
        files.*,
        case when files.is_trade then coalesce(sums.rows_used, 0) else files.rows_inserted end as rows_used,
        case when files.is_trade then files.rows_inserted - coalesce(sums.rows_counted, 0) else 0 end as rows_uncounted
    from files
    left join sums on sums.landing_id = files.landing_id

),

reasons as (

    select landing_id, reason, codes, rows
    from counted
    where reason is not null
    union all
    select landing_id, 'partners that are neither transit nor destination' as reason, null as codes, rows_not_wanted as rows
    from summed
    union all
    select
        landing_id, 'the same as in a file before it' as reason, null as codes,
        rows_read - rows_not_wanted - rows_inserted as rows
    from summed
    where status = 'loaded'
    union all
    select
        landing_id, 'replaced by a later file or release, or without a number' as reason, null as codes,
        rows_uncounted as rows
    from summed

),

sentences as (

    select
        reasons.landing_id,
        reasons.reason || coalesce(' (' || reasons.codes || ')', '') || ', '
            || cast(reasons.rows as {{ dbt.type_string() }}) || ' of '
            || cast(files.rows_read as {{ dbt.type_string() }}) || ' rows not used' as sentence,
        case
            when reasons.reason in ('{{ kept_elsewhere | join("', '") }}') then 0
            when reasons.reason like '%parts of totals that are loaded' then 0
            else reasons.rows
        end as rows_dropped
    from reasons
    inner join files on files.landing_id = reasons.landing_id
    where reasons.rows > 0

),

reasons_joined as (

    select landing_id, {{ joined_text('sentence') }} as unused_because, sum(rows_dropped) as rows_dropped
    from sentences
    group by landing_id

)

select
    summed.landing_id,
    summed.source_name,
    summed.file,
    summed.status,
    summed.edition,
    summed.fetched_at,
    summed.rows_read,
    cast(summed.rows_used as bigint) as rows_used,
    case when summed.status = 'loaded' then summed.rows_read - summed.rows_not_wanted - summed.rows_inserted else 0 end
        as rows_unchanged,
    cast(coalesce(reasons_joined.rows_dropped, 0) as bigint) as rows_dropped,
    reasons_joined.unused_because,
    summed.reason
from summed
left join reasons_joined on reasons_joined.landing_id = summed.landing_id
