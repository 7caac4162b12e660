-- What Comtrade says now, or said on the day the build asks for.
select * from {{ ref('stg_comtrade__flow_versions') }}
where gone_at is null
