{# The grain: no two rows share these columns. #}
{% test unique_together(model, columns) %}
    select {{ columns | join(', ') }}, count(*) as rows
    from {{ model }}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{% endtest %}

{# A sentence about every row, as SQL that is true. #}
{% test holds(model, expression) %}
    select * from {{ model }} where not ({{ expression }})
{% endtest %}

{# Neighbours are in one group: else the rounds of int_products_grouped were too few. #}
{% test links_stay_in_their_group(model, bridges) %}
    select bridges.*
    from {{ bridges }} as bridges
    inner join {{ model }} as one
        on one.hs_revision = bridges.revision_from
        and one.product_code = bridges.code_from
    inner join {{ model }} as other
        on other.hs_revision = bridges.revision_to
        and other.product_code = bridges.code_to
    where one.stable_group_id <> other.stable_group_id
{% endtest %}

{# The shares of a code's value add up (METHODS check 16). #}
{% test weights_sum_to_one(model) %}
    select revision_from, code_from, revision_to, sum(weight) as weights
    from {{ model }}
    group by revision_from, code_from, revision_to
    having abs(sum(weight) - 1) > 0.000001 or min(weight) < 0
{% endtest %}

{# Every listed code is found in the revisions of the data: there by its list, or by a bridge (METHODS check 17).
   Asked of the revisions that are bridged; older data can only be screened by codes that did not change. #}
{% test listed_codes_are_found(model, flows, bridges) %}
    with seen as (
        select distinct hs_revision from {{ flows }}
        where product_level = 6 and hs_revision in ('{{ var("grouped_revisions") | join("', '") }}')
    )
    select listed.list_id, listed.product_code, listed.hs_revision, seen.hs_revision as seen_in
    from {{ model }} as listed
    cross join seen
    left join {{ model }} as mapped
        on mapped.list_id = listed.list_id
        and mapped.hs_revision = seen.hs_revision
        and ' ' || mapped.listed_code || ' ' like '% ' || listed.product_code || ' %'
    left join {{ bridges }} as bridges
        on bridges.revision_from = listed.hs_revision
        and bridges.code_from = listed.product_code
        and bridges.revision_to = seen.hs_revision
    where listed.mapping = 'exact' and mapped.list_id is null and bridges.code_from is null
{% endtest %}
