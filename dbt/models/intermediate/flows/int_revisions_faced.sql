-- Who recorded the codes of a period in another revision of the HS than the side they are compared with. A reporter
-- that recorded them in two is left as it is.
with

recorded as (

    select freq, period, role, reporter, min(hs_revision) as hs_revision
    from {{ ref('int_reports_counted') }}
    where product_level = 6
    group by freq, period, role, reporter
    having min(hs_revision) = max(hs_revision)

)

select
    own.freq,
    own.period,
    own.role,
    own.reporter,
    others.reporter as partner,
    own.hs_revision,
    others.hs_revision as other_revision,
    6 as product_level
from recorded as own
inner join recorded as others
    on others.freq = own.freq
    and others.period = own.period
    and others.role <> own.role
    and others.hs_revision <> own.hs_revision
