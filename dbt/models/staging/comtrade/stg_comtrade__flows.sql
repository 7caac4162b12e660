-- What Comtrade publishes now, or published on the day of an as-of build.
select * from {{ ref('stg_comtrade__flow_versions') }}
where gone_at is null
