"""A local Label Studio server: started in a folder, found there again, stopped.

The folder holds the server's database, its log, the password of its only user and the token of
the programming interface. Only its owner can read it, and git ignores it.
"""

from __future__ import annotations

import importlib.util
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec
import requests

from vinewsie.files import write_text
from vinewsie.findings import VinewsieError, install_command
from vinewsie.messages import say
from vinewsie.progress import ProgressCallback, no_progress

if TYPE_CHECKING:
    import psutil

USER = "annotator@localhost"
HOST = "127.0.0.1"
"""The server answers this machine only; by default, Label Studio answers the whole network."""
LOOPBACK = (HOST, "::1", "localhost")

BOOT_SECONDS = 300.0
"""Limit for a start; the first one makes the database, which takes half a minute on a laptop."""
STOP_SECONDS = 15.0

_SITE = Path(__file__).with_name("site")
"""Settings of a local server, and what its pages have beside Label Studio's own."""
_INHERITED = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
)
"""Variables of this process's environment that the server gets. It would also read HOST, PORT and
DEBUG, without a prefix.
"""


class LabelStudioError(VinewsieError):
    """The server, the network or the browser failed; the message says how to continue."""


@dataclass(frozen=True)
class Server:
    """A running local server.

    Args:
        folder: its folder.
        url: its address.
        started: it was started just now, and did not run before.
    """

    folder: Path
    url: str
    started: bool

    @property
    def password_file(self) -> Path:
        """The file with the password of :data:`USER`."""
        return self.folder / "password"

    @property
    def password(self) -> str:
        """The password of :data:`USER`."""
        return self.password_file.read_text(encoding="ascii").strip()

    @property
    def token(self) -> str:
        """The key of :data:`USER` to the programming interface."""
        return (self.folder / "token").read_text(encoding="ascii").strip()


class _LastStart(msgspec.Struct, frozen=True):
    """The process that was started last, and the port that was requested."""

    pid: int
    port: int


def up(folder: Path, port: int | None = None, progress: ProgressCallback = no_progress) -> Server:
    """Starts the server of a folder, or finds it running.

    Args:
        folder: the folder; it is made if it is missing.
        port: the port; by default that of the last start, else any free one.
        progress: called with a line for each step.

    Raises:
        LabelStudioError: the server does not start.
    """
    folder = folder.resolve()
    require("label_studio", "psutil")
    with _locked(folder):
        process, started = _process(folder), False
        if process is None:
            process, started = _start(folder, port), True
            progress("starting Label Studio (the first time it makes its database)")
        answering = _wait_until_ready(folder, process)
        if port is not None and answering != port:
            if started:
                _stop(process)
                raise LabelStudioError(
                    f"port {port} was taken by another program meanwhile; "
                    "give another port, or none"
                )
            raise LabelStudioError(
                f"the server of {folder} already runs on port {answering}; "
                f"stop it first: vinewsie label-studio down --folder {folder}"
            )
    return Server(folder, f"http://{HOST}:{answering}", started)


def down(folder: Path) -> bool:
    """Stops the server of a folder; false if it does not run. Its data stay in the folder."""
    require("psutil")
    folder = folder.resolve()
    if not (folder / "server.json").is_file():
        return False
    with _locked(folder):
        process = _process(folder)
        if process is not None:
            _stop(process)
        return process is not None


def find(folder: Path) -> Server | None:
    """The running server of a folder; None if it does not run, or does not listen yet."""
    require("psutil")
    folder = folder.resolve()
    process = _process(folder)
    port = _listening(process) if process is not None else None
    return Server(folder, f"http://{HOST}:{port}", started=False) if port is not None else None


def require(*modules: str) -> None:
    """Checks that modules are installed.

    Raises:
        LabelStudioError: one is not.
    """
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise LabelStudioError(
            say(
                "needs {modules}: {command}",
                modules=", ".join(missing),
                command=install_command("label-studio"),
            )
        )


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    return urlsplit(url).hostname in LOOPBACK


# The folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Makes the folder ready, and locks it against other commands."""
    from filelock import FileLock, Timeout

    _prepare(folder)
    try:
        with FileLock(folder / "lock", timeout=BOOT_SECONDS):
            yield
    except Timeout as error:
        raise LabelStudioError(
            f"another command has been starting or stopping the server of {folder} for "
            f"{BOOT_SECONDS:.0f} s; wait for its end, and repeat the command"
        ) from error


def _prepare(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise LabelStudioError(f"{folder} is a file; give a folder for the server")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / "token").is_file():
        raise LabelStudioError(
            f"{folder} has other contents; give a new or empty folder for the server"
        )
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name, secret in (("token", secrets.token_hex(20)), ("password", secrets.token_urlsafe(15))):
        if not (folder / name).is_file():
            write_text(folder / name, secret + "\n", mode=0o600)
    # As caches do: nothing of the folder can be committed by mistake, wherever it is.
    (folder / ".gitignore").write_text("*\n", encoding="ascii")


# The process


def _start(folder: Path, port: int | None) -> psutil.Process:
    import psutil

    if port is not None and not _is_free(port):
        raise LabelStudioError(
            f"port {port} is taken by another program; give another port, or none"
        )
    for copy in (folder / "data" / "export").glob("project-*"):
        copy.unlink()  # the server keeps a copy of every export
    last = _last_start(folder)
    port = port or (last.port if last is not None and _is_free(last.port) else _free_port())
    command = [
        sys.executable,
        "-m",
        "label_studio.server",
        "start",
        "--no-browser",
        "--internal-host",
        HOST,
        "--port",
        str(port),
    ]
    # In its own session, Ctrl-C ends the command and not the server. By its working directory, the
    # process is recognised.
    with os.fdopen(
        os.open(folder / "server.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
    ) as log:
        child = subprocess.Popen(
            command,
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    write_text(folder / "server.json", msgspec.json.encode(_LastStart(child.pid, port)).decode())
    return psutil.Process(child.pid)


def _environment(folder: Path) -> dict[str, str]:
    """The server's settings; secrets are among them, because other users can read arguments but not
    the environment.
    """
    data = folder / "data"
    settings = {
        "BASE_DATA_DIR": str(data),
        "DJANGO_DB": "sqlite",
        "DATABASE_NAME": str(data / "label_studio.sqlite3"),
        "USERNAME": USER,
        "PASSWORD": (folder / "password").read_text(encoding="ascii").strip(),
        "USER_TOKEN": (folder / "token").read_text(encoding="ascii").strip(),
        "ENABLE_LEGACY_API_TOKEN": "true",
        "DISABLE_SIGNUP_WITHOUT_LINK": "true",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
        "FEATURE_FLAGS_OFFLINE": "true",
    }
    inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return (
        inherited
        | {"HOME": str(folder), "PYTHONUTF8": "1"}
        | {"PYTHONPATH": str(_SITE), "DJANGO_SETTINGS_MODULE": "vinewsie_settings"}
        | {f"LABEL_STUDIO_{name}": value for name, value in settings.items()}
    )


def _last_start(folder: Path) -> _LastStart | None:
    try:
        return msgspec.json.decode((folder / "server.json").read_bytes(), type=_LastStart)
    except (OSError, msgspec.DecodeError):
        return None


def _process(folder: Path) -> psutil.Process | None:
    """The server's process, if it runs. The process id alone may belong to another program by
    now.
    """
    import psutil

    run = _last_start(folder)
    if run is None:
        return None
    try:
        process = psutil.Process(run.pid)
        same = "label_studio.server" in process.cmdline() and Path(process.cwd()) == folder
    except psutil.Error:
        return None
    return process if same else None


def _is_alive(process: psutil.Process) -> bool:
    import psutil

    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _listening(process: psutil.Process) -> int | None:
    """The port that the process listens on: if the requested one is busy, Label Studio silently
    takes another.
    """
    import psutil

    try:
        connections = process.net_connections("inet")
    except psutil.Error:
        return None
    return next(
        (
            int(c.laddr.port)
            for c in connections
            if c.status == psutil.CONN_LISTEN and c.laddr.ip == HOST
        ),
        None,
    )


def _wait_until_ready(folder: Path, process: psutil.Process) -> int:
    deadline = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < deadline:
        if not _is_alive(process):
            raise LabelStudioError(
                f"Label Studio failed to start; {folder / 'server.log'} ends with:\n"
                f"{_log_end(folder)}"
            )
        port = _listening(process)
        if port is not None and _is_healthy(port):
            return port
        time.sleep(0.2)
    raise LabelStudioError(
        f"Label Studio did not answer within {BOOT_SECONDS:.0f} s; see {folder / 'server.log'}"
    )


def _is_healthy(port: int) -> bool:
    try:
        with requests.Session() as session:
            session.trust_env = False  # a request to this machine uses no proxy
            return session.get(f"http://{HOST}:{port}/health", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _log_end(folder: Path, lines: int = 15) -> str:
    text = (folder / "server.log").read_text(encoding="utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def _stop(process: psutil.Process) -> None:
    import psutil

    family = [process, *process.children(recursive=True)]
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.terminate()
    _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS)
    for member in alive:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(alive, timeout=STOP_SECONDS)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
