-- Do the article's figures come out?
-- Means: each published figure beside ours, its deviation, and the query that gives ours again.
-- Does not mean: that data_missing is wrong; what is not loaded is not guessed.
select claim_id, quote, source, unit, published_value, computed_value, deviation_share, status, reason, is_simulated, query
from marts.claims
order by claim_order, claim_id;
