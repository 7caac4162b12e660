-- Do the article's figures come out?
-- Means: each published figure beside ours, its deviation, the query that gives ours again, and how many of its flows were
-- reported by the side it is read from.
-- Does not mean: that data_missing is wrong; what is not loaded is not guessed.
with reports as (
    select claim_id, count(*) as flows, count(*) filter (where is_reported) as reported_flows
    from marts.claim_components
    group by claim_id
)
select claim_id, quote, source, unit, published_value, computed_value, deviation_share, status, reason, is_simulated,
    flows, reported_flows, query
from marts.claims
left join reports using (claim_id)
order by claim_order, claim_id;
