select
    source_name,
    freq,
    period,
    reporter as reporter_iso3,
    partner as partner_iso3,
    flow,
    product_code,
    product_level,
    hs_revision,
    kind,
    new_product_code,
    old_said_from,
    new_said_from,
    old_value_usd,
    new_value_usd,
    case when kind <> 'reclassified' then coalesce(new_value_usd, 0) - coalesce(old_value_usd, 0) else 0 end
        as change_usd,
    case when kind = 'revised' then (new_value_usd - old_value_usd) / nullif(old_value_usd, 0) end as change_share,
    case
        when kind = 'reclassified' then old_value_usd > {{ var('revision_material_usd') }}
        when kind = 'revised'
            then abs(new_value_usd - old_value_usd) > {{ var('revision_material_usd') }}
                or coalesce(
                    abs(new_value_usd - old_value_usd) > {{ var('revision_material_share') }} * abs(old_value_usd), false
                )
        else coalesce(new_value_usd, old_value_usd) > {{ var('revision_material_usd') }}
    end as is_material,
    -- what a revision did to an alert is told by the alerts, which are not built yet
    cast(null as {{ dbt.type_string() }}) as alert_effect
from {{ ref('int_flows_revised') }}
where reporter_is_country and partner_is_country
