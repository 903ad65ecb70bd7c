{#
    What becomes of a Python model on `type: postgres`, where dbt-postgres has no way
    to run one: an error that names the way. The models of python_models/ choose it
    in their YAML; SQL models are built as usual.
#}
{% materialization python_without_adapter, default, supported_languages=['python'] %}
    {{ exceptions.raise_compiler_error(
        'No Python on `type: postgres`, in the Python model ' ~ model.name ~ ': got type '
        ~ target.type ~ '; allowed: type postgres_python, which takes the same fields and '
        ~ 'comes with the Python package of this project (pip install <folder of the package>). '
        ~ 'Write it in profiles.yml. SQL models that read none of the fits can be built without.'
    ) }}
{% endmaterialization %}
