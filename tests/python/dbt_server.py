"""Starts dbt for the tests without importing it each time (2 of the 3 seconds of a start).

One process has everything imported, the macros compiled and the schemas of nodes built, which is
a third of what parsing the project costs. It forks a child for each command. The child is what
the dbt command is: fresh state, a folder, environment and exit code of its own.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import is_dataclass
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
# No import here may start a thread, which a fork would lose: duckdb and pandas do.
WARM = ("dbt.cli.main", "dbt.task.build", "dbt.adapters.postgres")


class DbtServer:
    """The process of this one that forks; commands run one after the other."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        atexit.register(self.close)

    def close(self) -> None:
        assert self.process.stdin
        self.process.stdin.close()
        self.process.wait()

    def child(self) -> int:
        """The process that runs the command now."""
        process = self.process.pid
        (child,) = Path(f"/proc/{process}/task/{process}/children").read_text().split()
        return int(child)

    def run(
        self, arguments: list[str], folder: Path, environment: dict[str, str]
    ) -> tuple[int, str]:
        """Exit code and output of one dbt command."""
        assert self.process.stdin and self.process.stdout
        with tempfile.NamedTemporaryFile("r", errors="replace") as output:
            command = [arguments, str(folder), environment, output.name]
            self.process.stdin.write(json.dumps(command) + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
            if not answer:
                raise RuntimeError("The process that starts dbt died; its complaint is above.")
            return int(answer), output.read()


def be_dbt(arguments: list[str], folder: str, environment: dict[str, str], output: str) -> None:
    from dbt.cli.main import cli

    file = os.open(output, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(file, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["dbt", *arguments]
    cli()


def compile_macros() -> None:
    """Put the macros of dbt and of this project into the caches that dbt keeps for its own tests.

    They are found by a macro's text, so a test that changes a macro gets it as changed.
    """
    import dbt.include.global_project
    from dbt.clients.jinja_static import statically_extract_macro_calls
    from dbt_common.clients import jinja
    from dbt_common.tests import enable_test_caching

    blocks = [
        block
        for folder in (Path(dbt.include.global_project.__file__).parents[1], ROOT / "macros")
        for file in sorted(folder.rglob("*.sql"))
        # before there is a cache: who finds a file there is not told of what is wrong with it
        for block in jinja.extract_toplevel_blocks(
            file.read_text().strip(),
            allowed_blocks={"macro", "materialization", "test", "data_test"},
            collect_raw_data=False,
        )
    ]
    enable_test_caching()
    for block in blocks:
        text = block.full_block
        jinja.parse(text)
        statically_extract_macro_calls(text, {})
        jinja.template_cache.get_node_template(SimpleNamespace(name="", macro_sql=text))


def build_schemas() -> None:
    """Build the schemas that dbt holds each node of a project against, which it keeps by class."""
    from dbt.contracts.graph import nodes, unparsed
    from dbt_common.dataclass_schema import dbtClassMixin

    for of in [*vars(nodes).values(), *vars(unparsed).values()]:
        if is_dataclass(of) and isinstance(of, type) and issubclass(of, dbtClassMixin):
            of.json_schema()


def serve() -> None:
    import gc
    import importlib

    for name in WARM:
        importlib.import_module(name)
    compile_macros()
    build_schemas()
    gc.freeze()
    # a command ends before what it leaves behind fills the memory (a build of the demo: 1.9 GB
    # instead of 0.8), and looking for it is a quarter of its time
    gc.disable()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            be_dbt(*json.loads(line))
            sys.exit(0)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
