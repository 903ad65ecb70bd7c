"""The adapter: PostgresAdapter, and Python models run in this process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt.adapters.__about__ import version as adapters_version
from dbt.adapters.base import available
from dbt.adapters.base.impl import AdapterTrackingRelationInfo, log_code_execution
from dbt.adapters.contracts.connection import AdapterResponse
from dbt.adapters.postgres.impl import PostgresAdapter
from dbt.adapters.postgres_python import python_models
from dbt.adapters.postgres_python.__version__ import version
from dbt.adapters.postgres_python.build_lock import BuildLock
from dbt.adapters.postgres_python.connections import (
    PostgresPythonConnectionManager,
    collations_of,
)
from dbt.adapters.postgres_python.relation import PostgresPythonRelation
from dbt.adapters.postgres_python.session import Session


class PostgresPythonAdapter(PostgresAdapter):
    ConnectionManager = PostgresPythonConnectionManager
    Relation = PostgresPythonRelation

    connections: PostgresPythonConnectionManager

    build_lock: BuildLock | None = None
    cached: tuple[list[Any], Any] | None = None
    collations: set[str] | None = None

    @available.parse_none
    def hold_build_lock(self, name: str | None = None, wait: int = 0) -> None:
        """Let no other build of this schema begin until this one ends; see `BuildLock`."""
        if self.build_lock is None:
            credentials = self.config.credentials
            self.build_lock = BuildLock.take(credentials, name or credentials.schema, int(wait))
            if self.cached is not None:
                # the other build made and replaced tables until it gave the lock away
                nodes, schemas = self.cached
                self.set_relations_cache(nodes, clear=True, required_schemas=schemas)

    def set_relations_cache(
        self, relation_configs: Any, clear: bool = False, required_schemas: Any = None
    ) -> None:
        self.cached = (list(relation_configs), required_schemas)
        super().set_relations_cache(self.cached[0], clear, required_schemas)

    def pre_model_hook(self, config: Any) -> Any:
        if self.build_lock is not None:
            self.build_lock.check()
        return super().pre_model_hook(config)

    def cleanup_connections(self) -> None:
        """What dbt calls when a command has ended, whichever way."""
        super().cleanup_connections()
        if self.build_lock is not None:
            self.build_lock.release()
            self.build_lock = None

    @classmethod
    def get_adapter_run_info(cls, config: Any) -> AdapterTrackingRelationInfo:
        """As dbt does it, which guesses the module from the name of the class."""
        # a dataclass that dbt marks as abstract by mistake
        return AdapterTrackingRelationInfo(  # type: ignore[abstract]
            adapter_name="postgres_python",
            base_adapter_version=adapters_version,
            adapter_version=version,
            model_adapter_details=cls._get_adapter_specific_run_info(config),
        )

    @available.parse_none
    def first_collation(self, names: list[str]) -> str | None:
        """The first of the collations that the server has, asked once; None if it has none."""
        if self.collations is None:
            self.collations = collations_of(self.config.credentials)
        return next((name for name in names if name in self.collations), None)

    @log_code_execution
    def submit_python_job(self, parsed_model: dict, compiled_code: str) -> AdapterResponse:
        """Run a Python model and write what it returns, on the connection of the node.

        The model reads and fits outside a transaction, unless a hook of it has opened one; the
        table is created and filled inside one, which the materialization commits.
        """
        connection = self.connections.get_thread_connection()
        session = Session(connection.handle, keep_transaction=connection.transaction_open)
        if not connection.transaction_open:
            # what dbt has read until here left a transaction behind
            connection.handle.commit()
        session.outlast_idleness()
        source = python_models.find_source(parsed_model, self.project_folders(parsed_model))
        with python_models.running(parsed_model, compiled_code, source) as module:
            result = module.model(module.dbtObj(session.table), session)
            if not connection.transaction_open:
                self.connections.begin()
            rows = session.write(result, **module.dbt_target_table)
        return AdapterResponse(_message=f"SELECT {rows}", code="SELECT", rows_affected=rows)

    @available
    def copy_seed(self, model: dict, sql: str) -> None:
        """Load the file of a seed by a COPY from standard input, in the seed's transaction."""
        connection = self.connections.get_thread_connection()
        file = Path(model["root_path"]) / model["original_file_path"]
        with file.open("rb") as lines, connection.handle.cursor() as cursor:
            cursor.copy_expert(sql, lines)

    def project_folders(self, parsed_model: dict) -> list[Path]:
        """Where the file of a model may lie: its package's folder, when dbt knows it."""
        package = parsed_model.get("package_name")
        folders = []
        if getattr(self.config, "project_name", None) == package:
            folders.append(Path(self.config.project_root))
        dependencies: Any = getattr(self.config, "dependencies", None) or {}
        if package in dependencies:
            folders.append(Path(dependencies[package].project_root))
        return folders
