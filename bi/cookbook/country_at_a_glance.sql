-- What is the state of Kazakhstan?
-- Means: every month of the headline, newest first: both reports, the gap's interval, the ghost interval, the class.
-- Does not mean: that the newest months are complete; exports_until and imports_until are the last reported months.
select * from marts.country_headline('Kazakhstan');
