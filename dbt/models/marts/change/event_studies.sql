-- Did the controls bite: exports of listed goods beside those of goods on no list, after the event against before it.
{% set study = var('event_study') %}
with

studies as (

    {% for one in study.studies -%}
    select
        '{{ one.id }}' as study_id,
        '{{ one.exporters | join(" ") }}' as exporters,
        '{{ one.importers | join(" ") }}' as importers
    {{ 'union all' if not loop.last }}
    {% endfor %}

),

estimated as (

    select * from {{ ref('int_event_studies_estimated') }}

),

builds as (

    select * from {{ ref('int_builds_described') }}

)

select
    studies.study_id,
    coalesce(estimated.part, 'after') as part,
    cast(estimated.period as date) as period,
    studies.exporters,
    studies.importers,
    '{{ study.list }}' as list_id,
    {{ default_window().first }} as before_from,
    {{ default_window().last }} as before_to,
    cast('{{ study.after_from }}' as date) as after_from,
    estimated.coefficient,
    estimated.std_error,
    100 * (exp(estimated.coefficient) - 1) as change_percent,
    100 * (exp(estimated.low) - 1) as change_low_90_percent,
    100 * (exp(estimated.high) - 1) as change_high_90_percent,
    estimated.placebo_share as placebo_share,
    coalesce(estimated.placebo_lists, 0) as placebo_lists,
    coalesce(estimated.series, 0) as series,
    coalesce(estimated.observations, 0) as observations,
    coalesce(estimated.listed_goods, 0) as listed_goods,
    coalesce(estimated.other_goods, 0) as other_goods,
    case
        when estimated.study_id is null
            then 'No exports by month in goods of six digits are loaded of these exporters to these importers.'
        else nullif(estimated.lacking, '')
    end as lacking,
    {{ provenance_columns() }}
from studies
left join estimated on estimated.study_id = studies.study_id
cross join builds
