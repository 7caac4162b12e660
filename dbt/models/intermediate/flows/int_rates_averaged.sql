{{ config(materialized='table', event_time='') }}  -- no flows: a small table of rates
-- What one euro was worth over a month: the ECB's own monthly average, else the mean of the month's days.
with

rates as (

    select
        freq,
        currency,
        cast({{ dbt.date_trunc('month', 'period') }} as date) as period,
        units_per_eur
    from {{ ref('stg_ecb__rates') }}

),

months as (

    select
        currency,
        period,
        max(case when freq = 'M' then units_per_eur end) as published_per_eur,
        {{ exact_sum('units_per_eur', "freq = 'D'") }} as days_sum,
        count(*) filter (where freq = 'D') as days
    from rates
    group by currency, period

)

select
    currency,
    period,
    coalesce(published_per_eur, days_sum / nullif(days, 0)) as units_per_eur,
    case when published_per_eur is not null then 'published' else 'mean_of_days' end as method,
    days
from months
