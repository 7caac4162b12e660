-- How many listed parties are in the countries where the trade grew?
-- Means: entries of each Russia-related program with a tie to a transit country, beside the coalition's exports of priority
-- goods there, before and after the first listing.
-- Does not mean: that a listed party traded any of it; no figure here is a person's or a firm's.
select
    transit_iso3, list_id, program, program_label, first_listed_on, entities, entities_seated, chpl_12_months_before_usd,
    chpl_12_months_after_usd, chpl_last_12_months_usd, reason
from marts.designated_corridors
order by entities desc, transit_iso3, list_id, program;
