-- The numbers behind each row of corridor_risk, one column each: what its evidence_json names as query. From the same
-- windows, int_corridors_scored, so that no number is computed twice.
with

scored as (

    select * from {{ ref('int_corridors_scored') }} where left_out_year = 0

)

select
    exporter_bloc,
    transit_iso3,
    goods,
    freq,
    window_kind,
    period,
    class,
    reason,
    anomaly,
    evidence,
    anomaly_unmirrored,
    anomaly_unmirrored as anomaly_never_arrived,
    anomaly_re_exported,
    anomaly_re_exported as anomaly_went_on,
    route_kind,
    {{ deprecated_route('route_kind') }} as route,
    {% for name in var('anomaly_weights') -%} c_{{ name }}, {% endfor %}
    {% for name in var('evidence_weights') -%} e_{{ name }}, {% endfor %}
    {{ risk_inputs() | join(', ') }}
from scored
