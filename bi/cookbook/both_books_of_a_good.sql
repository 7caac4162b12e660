-- What do both books say of German bearings (heading 8482) to Kazakhstan?
-- Means: what Germany recorded as sent and Kazakhstan as received, years and months, with the gap at three margins.
-- A code of six digits (848210) is asked for in the same way.
-- Does not mean: that what is missing went elsewhere; look at coverage_status and zero_strength before the gap.
select * from marts.both_books('DEU', 'KAZ', '8482');
