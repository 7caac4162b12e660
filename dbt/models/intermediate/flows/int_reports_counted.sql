-- What was chosen, without its goods: which levels were recorded of whom, in which revision. What is asked of the
-- calendar of all periods is asked of these few rows.
select
    source_name,
    freq,
    period,
    role,
    reporter,
    partner,
    reporter_is_country,
    product_level,
    hs_revision,
    {{ exact_sum('value_usd') }} as value_usd
from {{ ref('int_flows_chosen') }}
group by source_name, freq, period, role, reporter, partner, reporter_is_country, product_level, hs_revision
