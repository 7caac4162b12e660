{{ config(materialized='table', event_time='') }}  -- follows sums that compare years
-- Where a missing figure is no zero, because what its reporter published shows that something of it is lacking: its
-- figure for the world exceeds the sum of its partners, its total the sum of its chapters, its year the sum of its
-- months (or it has months and no year); or rows are loaded that are no flows: parts whose total is not there, codes that
-- no list knows. '*' stands for every partner, or every product of the level.
with

rows_lacking as (

    select * from {{ ref('int_comtrade_rows_excluded') }}
    where not is_in_total and excluded_by not in ('typeCode', 'freqCode', 'classificationCode', 'cmdCode')

),

country_codes as (

    select code, kind, party from {{ ref('int_country_codes_resolved') }} where publisher = 'comtrade'

),

roles as (

    select 'export' as role
    union all
    select 'import' as role

),

of_rows as (

    select
        rows_lacking.freq, rows_lacking.period, roles.role,
        reporters.party as reporter,
        coalesce(partners.party, '*') as partner,
        rows_lacking.product_code, rows_lacking.hs_revision, rows_lacking.reason
    from rows_lacking
    inner join country_codes as reporters on reporters.code = rows_lacking.reporter_code
    left join country_codes as partners on partners.code = rows_lacking.partner_code
    -- a flow that no list knows may have been either
    inner join roles
        on roles.role = case
            when rows_lacking.flow in ('X', 'RX', 'DX', 'XIP', 'XOP') then 'export'
            when rows_lacking.flow in ('M', 'RM', 'FM', 'MIP', 'MOP') then 'import'
            else roles.role
        end
    union all
    -- with a partner that no list knows, who may be any
    select
        flows.freq, flows.period,
        case when flows.flow in ('X', 'RX') then 'export' else 'import' end as role,
        reporters.party as reporter, '*' as partner, flows.product_code, flows.hs_revision,
        'an unknown partnerCode' as reason
    from {{ ref('stg_comtrade__flows') }} as flows
    inner join country_codes as reporters on reporters.code = flows.reporter_code
    left join country_codes as partners on partners.code = flows.partner_code
    where partners.code is null

),

sums as (

    select * from {{ ref('int_sums_compared') }} where comparison <> 'year_on_year'

),

months as (

    select distinct freq, period, role, reporter, product_level
    from {{ ref('int_reports_ranked') }}
    where is_used and freq = 'M'

),

doubted as (

    select
        freq, period, role, reporter, partner, product_code,
        cast(case when product_code = 'TOTAL' then 0 else length(product_code) end as integer) as product_level,
        hs_revision, reason
    from of_rows
    union all
    select
        freq, period, role, reporter, partner, product_code, product_level,
        comparable_revision as hs_revision, comparison as reason
    from sums
    where comparison <> 'months_to_year' and parts_usd < whole_usd
    union all
    select
        freq, period, role, reporter, partner, product_code, product_level,
        comparable_revision as hs_revision, comparison as reason
    from sums
    where comparison = 'months_to_year' and parts_usd > whole_usd
    union all
    select
        months.freq, months.period, sums.role, sums.reporter, sums.partner, sums.product_code, sums.product_level,
        sums.comparable_revision as hs_revision, sums.comparison as reason
    from sums
    inner join months
        on months.role = sums.role
        and months.reporter = sums.reporter
        and months.product_level = sums.product_level
        and extract(year from months.period) = extract(year from sums.period)
    where sums.comparison = 'months_to_year' and sums.parts_usd < sums.whole_usd

)

select distinct
    freq, period, role, reporter, partner, product_code, product_level,
    {{ comparable_revision('product_level', 'hs_revision') }} as comparable_revision,
    reason
from doubted
union
-- codes of six digits meet in groups as well
select
    doubted.freq, doubted.period, doubted.role, doubted.reporter, doubted.partner,
    groups.stable_group_id as product_code, doubted.product_level,
    'mixed' as comparable_revision,
    doubted.reason
from doubted
inner join {{ ref('int_products_grouped') }} as groups
    on groups.hs_revision = doubted.hs_revision
    and groups.product_code = doubted.product_code
where doubted.product_level = 6
