-- Why is a corridor ranked where it is?
-- Means: the parts of the newest class of Kyrgyzstan's priority goods, the heaviest first: of components anomaly is made,
-- of documentation evidence; value is 0 to 1. corridor_evidence has the sums behind them.
-- Does not mean: that a part without a value is 0: it is not known, and the others carry its weight.
with newest as (
    select period, class, anomaly, evidence, severity, cast(evidence_json as json) as evidence_parts
    from marts.corridor_risk
    where exporter_bloc = 'COALITION' and transit_iso3 = 'KGZ' and goods = 'CHPL' and class <> 'not_enough_data'
    order by period desc
    limit 1
), parts as (
    select *, 'components' as made_of, unnest(json_keys(evidence_parts, '$.components')) as part from newest
    union all
    select *, 'documentation', unnest(json_keys(evidence_parts, '$.documentation')) from newest
)
select
    period, class, anomaly, evidence, severity, made_of, part,
    cast(evidence_parts -> made_of -> part ->> 'weight' as double) as weight,
    cast(evidence_parts -> made_of -> part ->> 'value' as double) as value
from parts
order by made_of, weight desc, part;
