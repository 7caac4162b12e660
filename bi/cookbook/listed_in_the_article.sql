-- Who in Kazakhstan is on which list, since when, and is its railway?
-- Means: the entries that answer the article's statements 18 to 20, one row an entry of a list; listed_on is the list's
-- own day, and empty where the list has none.
-- Does not mean: that a party without a row is unlisted everywhere; the lists of this build are asked, by name.
-- May be empty: a build without lists has no entries.
select claims.article_statement, parties.claim_id, parties.list_id, parties.name, parties.kind, parties.countries,
    parties.programs, parties.listed_on, parties.is_listed, parties.delisted_on
from marts.claim_parties as parties
inner join marts.claims on claims.claim_id = parties.claim_id
order by claims.claim_order, parties.is_listed desc, parties.list_id, parties.name, parties.source_id;
