-- Whose reports have the largest errors to begin with?
-- Means: how far a country's exports and imports were from its partners' before 2022, outside the screened corridors.
-- Does not mean: intent; a reporter's error is the reason to trust a gap less.
select country_iso3, role, rank, error_sd, standard_error, bias_log, observations, partners, is_pooled, reason
from marts.reporter_reliability
where variant = 'noise'
order by role, rank nulls last, country_iso3;
