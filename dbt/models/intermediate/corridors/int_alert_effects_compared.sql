-- Alerts that a later release made or unmade: there with the figures as they are now and not as they were first said
-- (created), or the other way round (cleared). The months are those that made the rule true.
with

spans as (

    select *, coalesce(left_on, cast('9999-12-31' as date)) as ended_on from {{ ref('int_alerts_spanned') }}

),

touched as (

    select distinct exporter, importer_iso3, goods from {{ ref('int_changes_summed') }}

)

select
    spans.exporter,
    spans.importer_iso3,
    spans.goods,
    spans.entered_on,
    spans.seen_on,
    case spans.values_as when 'now' then 'created' else 'cleared' end as effect
from spans
inner join touched
    on touched.exporter = spans.exporter
    and touched.importer_iso3 = spans.importer_iso3
    and touched.goods = spans.goods
left join spans as others
    on others.values_as <> spans.values_as
    and others.exporter = spans.exporter
    and others.importer_iso3 = spans.importer_iso3
    and others.goods = spans.goods
    and others.entered_on <= spans.ended_on
    and others.ended_on >= spans.entered_on
where others.exporter is null
