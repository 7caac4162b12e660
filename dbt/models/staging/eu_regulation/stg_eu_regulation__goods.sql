-- A code in an annex of a version of the regulation. The parts of an annex that have numbers of their own (XXIIIA) are
-- that annex. A cell that holds no code is counted by a gate, and is no row here.
with

goods as (

    select * from {{ source('eu_regulation', 'eu_regulation_goods') }} where {{ known() }}

)

select
    cast(version as date) as version_date,
    -- annexes are numbered below a hundred: C and D behind the number are letters too
    regexp_replace(annex, '([IVXL]+)[A-H]$', '\1') as annex,
    part,
    heading,
    code as listed_code,
    cast(length(code) as integer) as digits,
    is_partial = 'true' or length(code) > 6 as is_partial,
    description,
    -- what is no country that is known stays as written in raw
    case when regexp_full_match(country, '[A-Z]{3}') then country end as country_iso3,
    try_cast(applies_from as date) as applies_from
from goods
where code is not null
