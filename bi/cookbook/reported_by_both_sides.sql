-- What do both sides report of German bearings (heading 8482) to Kazakhstan?
-- Means: what Germany reported as exported and Kazakhstan as imported, years and months, with the gap at three margins.
-- A code of six digits (848210) works in the same way.
-- Does not mean: that what is missing is in another country; look at coverage_status and zero_strength before the gap.
select * from marts.both_reports('DEU', 'KAZ', '8482');
