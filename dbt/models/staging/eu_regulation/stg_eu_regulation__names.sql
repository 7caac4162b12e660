-- Other names stand in lines of their own, several in one with semicolons between.
with

parties as (

    select * from {{ ref('stg_eu_regulation__parties') }}

),

names as (

    select list_id, source_id, name, 1 as strength, gone_at from parties
    union all
    select list_id, source_id, trim(unnest(regexp_split_to_array(aliases, '[;\n]'))) as name, 2 as strength, gone_at
    from parties

)

select
    list_id,
    source_id,
    name,
    case min(strength) when 1 then 'primary' else 'alias' end as name_kind,
    {{ gone_with_all() }} as gone_at
from names
where name <> ''
group by list_id, source_id, name
