"""A dbt adapter for PostgreSQL that runs Python models, in the process of dbt itself.

`type: postgres_python` in profiles.yml is `type: postgres` and Python models.
"""

from dbt.adapters.base import AdapterPlugin
from dbt.adapters.postgres_python.connections import PostgresPythonCredentials
from dbt.adapters.postgres_python.impl import PostgresPythonAdapter
from dbt.include import postgres_python

Plugin = AdapterPlugin(
    adapter=PostgresPythonAdapter,  # type: ignore[arg-type]
    credentials=PostgresPythonCredentials,
    include_path=postgres_python.PACKAGE_PATH,
    # `adapter.dispatch` falls back to the macros `postgres__...`
    dependencies=["postgres"],
)
