-- What a fit that scores today has read is still defined as it was. It is frozen all the
-- same: look at what changed, and fit it anew with the setting `refit`.
{{ config(severity='warn') }}

select
    model_name,
    fit_version,
    changed_definitions
from {{ ref('model_versions') }}
where is_current
    and not is_of_the_definitions
