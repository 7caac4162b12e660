-- Numbers stand in lines of the identifying information, each behind its label.
with

lines as (

    select
        list_id,
        source_id,
        trim(unnest(string_split(information, chr(10)))) as line,
        gone_at
    from {{ ref('stg_eu_regulation__parties') }}

)

select
    list_id,
    source_id,
    'Registration number' as identifier_type,
    trim(regexp_extract(line, '(?i)^registration number\s*:?\s*(.+)$', 1)) as identifier,
    cast(null as varchar) as country_label,
    {{ gone_with_all() }} as gone_at
from lines
where regexp_matches(line, '(?i)^registration number\s*:?\s*\S')
group by list_id, source_id, line
