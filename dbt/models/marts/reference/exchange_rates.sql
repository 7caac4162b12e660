-- What a euro was worth in each month: with it, dollars of a euro reporter are turned back into its euro.
select
    currency,
    period,
    units_per_eur,
    method,
    days
from {{ ref('int_rates_averaged') }}
