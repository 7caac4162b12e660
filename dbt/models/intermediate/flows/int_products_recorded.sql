-- What a reporter recorded in a period, whoever it was recorded with; those that face another revision recorded the
-- groups of their codes as well.
with

chosen as {{ read_in_place() }} (

    select * from {{ ref('int_flows_chosen') }}

),

facing as (

    select distinct freq, period, role, reporter from {{ ref('int_revisions_faced') }}

)

select
    freq, period, role, reporter, product_code,
    {{ comparable_revision('product_level', 'hs_revision') }} as comparable_revision
from chosen
group by freq, period, role, reporter, product_code, {{ comparable_revision('product_level', 'hs_revision') }}
union all
select
    chosen.freq, chosen.period, chosen.role, chosen.reporter,
    groups.stable_group_id as product_code, 'mixed' as comparable_revision
from chosen
inner join facing
    on facing.freq = chosen.freq
    and facing.period = chosen.period
    and facing.role = chosen.role
    and facing.reporter = chosen.reporter
inner join {{ ref('int_products_grouped') }} as groups
    on groups.hs_revision = chosen.hs_revision
    and groups.product_code = chosen.product_code
where chosen.product_level = 6
group by chosen.freq, chosen.period, chosen.role, chosen.reporter, groups.stable_group_id
