-- The codes of each year of Comtrade's figures, with the name they have there.
select
    freq,
    cast(extract(year from period) as integer) as year,
    hs_revision,
    product_code,
    product_level,
    min(product_name) as name
from {{ ref('stg_comtrade__flows') }} as flows
group by freq, extract(year from period), hs_revision, product_code, product_level
