-- Do the article's statements hold, one by one?
-- Means: each statement and each published figure with its verdict: a figure beside ours, its deviation, the query that
-- gives ours again, and how many of its flows were reported by the side it is read from; a law with its source; a list with
-- what the loaded lists say; of what no report of trade can show, which figures come nearest.
-- Does not mean: that data_missing is wrong; what is not loaded is not guessed.
with reports as (
    select claim_id, count(*) as flows, count(*) filter (where is_reported) as reported_flows
    from marts.claim_components
    group by claim_id
)
select article_statement, claim_id, kind, quote, verdict, status, source, source_url, checked_on, unit, published_value,
    computed_value, deviation_share, reason, nearest_claims, is_simulated, flows, reported_flows, query
from marts.claims
left join reports using (claim_id)
order by claim_order, claim_id;
