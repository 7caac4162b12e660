with

packed as (

    select list_id, source_id, is_type_last, string_split(unnest(identifiers), ', ') as parts, gone_at
    from {{ ref('stg_csl__listings') }}

),

-- its type is at one end and, where it has one, its country's code at the other
sided as (

    select
        *,
        case when is_type_last then parts[-1] else parts[1] end as identifier_type,
        case when is_type_last then parts[1] else parts[-1] end as far_end
    from packed

),

published as (

    select
        *,
        case when len(parts) > 2 and regexp_full_match(far_end, '[A-Z]{2}') then far_end end as country_label
    from sided

),

cut as (

    select
        *,
        array_to_string(list_filter(parts, lambda part, place:
            place <> case when is_type_last then len(parts) else 1 end
            and not (country_label is not null and place = case when is_type_last then 1 else len(parts) end)
        ), ', ') as identifier
    from published

)

select
    list_id,
    source_id,
    rtrim(identifier_type, ':') as identifier_type,
    identifier,
    country_label,
    {{ gone_with_all() }} as gone_at
from cut
where identifier <> ''
group by all
