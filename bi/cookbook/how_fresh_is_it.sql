-- How fresh is all this, and is it simulated?
-- Means: when each source last answered, the publisher's own day of its newest edition (none where no file states one),
-- when it was loaded, whether its data are stale, and the facts of the build.
-- Does not mean: that fresh is complete: exports_until of the headline is the last reported month.
select sources.title, sources.last_answered_at, sources.newest_edition, sources.data_as_of, sources.last_landed_at,
    sources.is_stale, sources.last_failure, about.dataset, about.is_simulated, about.data_until, about.built_at
from marts.sources
cross join marts.about
order by sources.title;
