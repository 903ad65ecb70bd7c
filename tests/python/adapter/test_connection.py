"""The profile of type postgres_python: every option of libpq reaches the server."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml  # type: ignore[import-untyped]
from conftest import ROOT
from dbt.adapters.base import connections
from dbt.adapters.contracts.connection import Connection, Identifier
from dbt.adapters.postgres_python.connections import (
    PostgresPythonConnectionManager,
    PostgresPythonCredentials,
    collations_of,
    open_handle,
)
from dbt_common.exceptions import DbtRuntimeError
from jinja2 import Template
from postgres_databases import Database


def credentials(**profile: Any) -> PostgresPythonCredentials:
    """As dbt reads an output of profiles.yml."""
    data = PostgresPythonCredentials.translate_aliases(profile)
    PostgresPythonCredentials.validate(data)
    return PostgresPythonCredentials.from_dict(data)


@pytest.fixture(autouse=True)
def as_libpq_finds_it(monkeypatch: pytest.MonkeyPatch, postgres_database: Database) -> None:
    for name, value in postgres_database.environment.items():
        monkeypatch.setenv(name, value)


def asked(sql: str, **profile: Any) -> Any:
    handle = open_handle(
        credentials(dbname=profile.pop("dbname", "postgres"), schema="x", **profile)
    )
    try:
        with handle.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]
    finally:
        handle.close()


def test_database_and_schema_are_enough(postgres_database: Database) -> None:
    assert asked("select current_database()", dbname=postgres_database.name) == (
        postgres_database.name
    )


def test_what_the_profile_names_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    host, user = Path("/nowhere"), "nobody_at_all"
    monkeypatch.setenv("PGUSER", user)
    with pytest.raises(psycopg2.OperationalError, match=user):
        asked("select 1")
    assert asked("select current_user", user="postgres", password="any") == "postgres"
    with pytest.raises(psycopg2.OperationalError, match=str(host)):
        asked("select 1", host=str(host))


# field of the profile -> what the server says of it
SEEN = {
    "options": ("-c statement_timeout=123s", "select current_setting('statement_timeout')", "123s"),
    "application_name": ("nightly", "select current_setting('application_name')", "nightly"),
    "search_path": (
        'crm, "pub lic", "back\\\\slash"',
        "select current_setting('search_path')",
        'crm, "pub lic", "back\\\\slash"',
    ),
    "client_encoding": ("LATIN1", "select current_setting('client_encoding')", "LATIN1"),
    "target_session_attrs": (
        "read-write",
        "select current_setting('transaction_read_only')",
        "off",
    ),
    "fallback_application_name": ("x", "select current_setting('application_name')", "dbt"),
}


@pytest.mark.parametrize("field", SEEN)
def test_a_field_reaches_the_server(field: str) -> None:
    value, question, answer = SEEN[field]
    assert asked(question, **{field: value}) == answer


def test_text_is_sent_as_unicode(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the database or the terminal prefers, unless the profile says otherwise."""
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    assert asked("select 'Łódź'") == "Łódź"


def test_search_path_and_options_go_together(monkeypatch: pytest.MonkeyPatch) -> None:
    question = "select current_setting('search_path') || current_setting('statement_timeout')"
    assert asked(question, search_path="a", options="-c statement_timeout=1s") == "a1s"
    monkeypatch.setenv("PGOPTIONS", "-c statement_timeout=2s")
    assert asked(question, search_path="a") == "a2s"


def test_a_service_and_a_file_of_passwords(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_database: Database
) -> None:
    """libpq reads both; a password in a file needs no place in the profile."""
    file = tmp_path / "services"
    file.write_text(
        "[warehouse]\n"
        f"host={postgres_database.environment['PGHOST']}\n"
        f"user={postgres_database.environment.get('PGUSER', 'postgres')}\n"
    )
    monkeypatch.setenv("PGSERVICEFILE", str(file))
    for name in ("PGHOST", "PGUSER"):
        monkeypatch.delenv(name, raising=False)
    passwords = tmp_path / "passwords"
    passwords.write_text("*:*:*:*:secret\n")
    passwords.chmod(0o600)
    handle = open_handle(
        credentials(
            dbname=postgres_database.name,
            schema="x",
            service="warehouse",
            passfile=str(passwords),
        )
    )
    taken = handle.info.dbname, handle.info.password
    handle.close()
    assert taken == (postgres_database.name, "secret")
    with pytest.raises(psycopg2.OperationalError, match="no_such_service"):
        asked("select 1", service="no_such_service")


# what the profile says, variables, and the database that libpq takes
DATABASES: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "the profile's": ({"dbname": "mine", "service": "shop"}, {"PGDATABASE": "other"}, "mine"),
    "the service's": ({"dbname": "", "service": "shop"}, {"PGDATABASE": "other"}, "of the shop"),
    "that of a service in a variable": ({}, {"PGSERVICE": "shop"}, "of the shop"),
    "the variable's": ({"service": "bare"}, {"PGDATABASE": "other"}, "other"),
    "the user's": ({"user": "ann"}, {"PGUSER": "bob"}, "ann"),
    "the service's user's": ({}, {"PGSERVICE": "bare", "PGUSER": "bob"}, "cy"),
    "the user's of a variable": ({"service": "unknown"}, {"PGUSER": "bob"}, "bob"),
}


@pytest.mark.parametrize("whose", DATABASES)
def test_a_database_that_the_profile_leaves_out_is_the_one_of_libpq(
    whose: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile, variables, database = DATABASES[whose]
    services = tmp_path / "services"
    services.write_text("# ours\n[bare]\nuser=cy\n\n[shop]\ndbname=of the shop\ndbname=second\n")
    for name in ("PGDATABASE", "PGUSER"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"PGSERVICEFILE": str(services), **variables}.items():
        monkeypatch.setenv(name, value)
    assert credentials(schema="x", **profile).database == database


@pytest.mark.parametrize(
    ("variables", "database"),
    [
        ({}, "crm_segmentation"),
        ({"PGDATABASE": "named"}, "named"),
        ({"PGSERVICE": "warehouse"}, "the service's own"),
        # as psql has it
        ({"PGSERVICE": "warehouse", "PGDATABASE": "named"}, "the service's own"),
    ],
)
def test_our_own_profile_leaves_a_service_its_database(
    variables: dict[str, str], database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = tmp_path / "services"
    services.write_text("[warehouse]\ndbname=the service's own\n")
    monkeypatch.delenv("PGDATABASE")
    for name, value in {"PGSERVICEFILE": str(services), **variables}.items():
        monkeypatch.setenv(name, value)
    output = yaml.safe_load((ROOT / "profiles.yml").read_text())["crm_segmentation"]["outputs"]
    written = Template(output["postgres"]["dbname"]).render(env_var=os.environ.get)
    assert credentials(dbname=written, schema="x").database == database


def test_a_server_is_asked_for_its_collations(postgres_database: Database) -> None:
    known = collations_of(credentials(dbname=postgres_database.name, schema="x"))
    assert {"C", "POSIX"} <= known
    # the build itself says so later, and in dbt's own words
    assert collations_of(credentials(dbname="x", host="/nowhere", schema="x")) == set()


def test_a_list_of_hosts(postgres_database: Database) -> None:
    host = postgres_database.environment["PGHOST"]
    port = postgres_database.environment.get("PGPORT", "5432")
    assert asked("select 1", host=f"/nowhere,{host}", port=f"1,{port}") == 1


@pytest.fixture
def asks_for_encryption() -> Iterator[tuple[int, list[bytes]]]:
    """A server that agrees to whatever is asked first, and keeps what that was."""
    heard: list[bytes] = []

    def listen(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                heard.append(client.recv(8))
                client.sendall(b"S")
                client.close()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=listen, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1], heard


def test_encryption_and_certificates(asks_for_encryption: tuple[int, list[bytes]]) -> None:
    port, heard = asks_for_encryption
    server = {"host": "warehouse.example", "hostaddr": "127.0.0.1", "port": port}
    with pytest.raises(psycopg2.OperationalError, match=r"/nowhere\.crt"):
        asked("select 1", sslmode="verify-full", sslrootcert="/nowhere.crt", **server)
    with pytest.raises(psycopg2.OperationalError):
        asked("select 1", sslmode="disable", **server)
    request_of_ssl = (8).to_bytes(4, "big") + (80877103).to_bytes(4, "big")
    assert heard[0] == request_of_ssl
    assert heard[-1] != request_of_ssl


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """Certificate and key of a server and of a client, each signed by itself."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl, which makes the certificates")
    folder = tmp_path_factory.mktemp("certificates")
    made = {}
    for name in ("warehouse.example", "client"):
        certificate, key = folder / f"{name}.crt", folder / f"{name}.key"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt"),
                *("ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}"),
                *("-addext", f"subjectAltName=DNS:{name}"),
                *("-out", str(certificate), "-keyout", str(key)),
            ],
            check=True,
            capture_output=True,
        )
        made[name] = certificate, key
    return made


@pytest.fixture
def encrypted(
    postgres_database: Database, certificates: dict[str, tuple[Path, Path]]
) -> Iterator[int]:
    """The port of a door of TLS before the server, which the wheel is built without."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificates["warehouse.example"])
    context.load_verify_locations(certificates["client"][0])
    context.verify_mode = ssl.CERT_REQUIRED
    host = postgres_database.environment["PGHOST"]
    port = postgres_database.environment.get("PGPORT") or "5432"

    def serve(client: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as closed:
            closed.enter_context(client)
            # whether there is encryption: there is
            client.recv(8)
            client.sendall(b"S")
            inside = closed.enter_context(context.wrap_socket(client, server_side=True))
            if host.startswith("/"):
                behind = closed.enter_context(socket.socket(socket.AF_UNIX))
                behind.connect(f"{host}/.s.PGSQL.{port}")
            else:
                behind = closed.enter_context(socket.create_connection((host, int(port))))
            for ready in iter(lambda: select.select([inside, behind], [], [], 10)[0], []):
                for one in ready:
                    some = one.recv(65536)
                    if not some:
                        return
                    (behind if one is inside else inside).sendall(some)

    def listen(listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=listen, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


def test_a_server_and_a_client_know_each_other_by_certificate(
    encrypted: int, certificates: dict[str, tuple[Path, Path]]
) -> None:
    of_server, of_client = certificates["warehouse.example"], certificates["client"]
    profile = {
        "host": "warehouse.example",
        "hostaddr": "127.0.0.1",
        "port": encrypted,
        "sslmode": "verify-full",
        "sslrootcert": str(of_server[0]),
        "sslcert": str(of_client[0]),
        "sslkey": str(of_client[1]),
    }
    assert asked("select 1", **profile) == 1
    with pytest.raises(psycopg2.OperationalError, match=r"does not match host name"):
        asked("select 1", **{**profile, "host": "other.example"})
    assert asked("select 1", **{**profile, "host": "other.example", "sslmode": "verify-ca"}) == 1
    with pytest.raises(psycopg2.OperationalError, match="certificate verify failed"):
        asked("select 1", **{**profile, "sslrootcert": str(of_client[0])})
    del profile["sslcert"], profile["sslkey"]
    with pytest.raises(psycopg2.OperationalError, match="certificate required"):
        asked("select 1", **profile)


def test_a_role_is_quoted_and_stays_after_a_rollback(postgres_database: Database) -> None:
    role = f'{postgres_database.name} "Role"'
    postgres_database.execute(f'create role "{role.replace(chr(34), chr(34) * 2)}"')
    handle = open_handle(credentials(dbname=postgres_database.name, schema="x", role=role))
    try:
        handle.rollback()
        with handle.cursor() as cursor:
            cursor.execute("select current_user")
            assert cursor.fetchone() == (role,)
    finally:
        handle.close()
        postgres_database.execute(f'drop role "{role.replace(chr(34), chr(34) * 2)}"')


def test_a_server_that_refused_once_is_asked_again_a_second_later(
    monkeypatch: pytest.MonkeyPatch, postgres_database: Database
) -> None:
    """One that has its hands full refuses at once, and would again."""
    asked_at: list[str] = []

    def refuse_once(**arguments: Any) -> Any:
        asked_at.append("asked")
        if len(asked_at) == 1:
            raise psycopg2.OperationalError("Resource temporarily unavailable")
        return connect(**arguments)

    connect = psycopg2.connect
    monkeypatch.setattr(psycopg2, "connect", refuse_once)
    monkeypatch.setattr(connections, "sleep", lambda some: asked_at.append(f"waited {some}"))
    connection = Connection(
        type=Identifier("postgres_python"),
        name="any",
        credentials=credentials(dbname=postgres_database.name, schema="x"),
    )
    PostgresPythonConnectionManager.open(connection).handle.close()
    assert asked_at == ["asked", "waited 1", "asked"]


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(DbtRuntimeError, match=r'postgres_python: .*"sslmod"\. .*every keyword'):
        credentials(dbname="x", schema="x", sslmod="require")


def test_the_password_is_not_shown() -> None:
    shown = dict(credentials(dbname="x", schema="x", password="geheim").connection_info())
    assert "geheim" not in str(shown)
    assert "geheim" not in repr(shown)
