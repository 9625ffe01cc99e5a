"""The container engine of this host, through its own client: the one module that knows it."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import docker
import requests
from docker.types import LogConfig, Mount, Ulimit

SECONDS = 30  # that the engine may take for one answer
STREAMS = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
GONE = (404, 409)  # not there; not running, or being removed by somebody


class EngineError(Exception):
    """The engine can't be reached, or does not do what it is asked; the message is its own."""

    def __init__(self, error: Exception) -> None:
        super().__init__(getattr(error, "explanation", None) or str(error))
        self.status: int | None = getattr(error, "status_code", None)


@contextmanager
def _asking() -> Iterator[None]:
    try:
        yield
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise EngineError(error) from None


class Line:
    """What the engine passes between us and a container's standard streams."""

    def __init__(self, opened: Any) -> None:
        self._opened = opened
        self._socket: socket.socket = getattr(opened, "_sock", opened)
        self._socket.settimeout(None)

    def send(self, data: bytes) -> None:
        """All of it. Raises OSError."""
        self._socket.sendall(data)

    def receive(self, most: int) -> bytes:
        """What has come, nothing at the end. Raises OSError."""
        return self._socket.recv(most)

    def hang_up(self) -> None:
        """Ends what the other side waits for, and what we do. Raises OSError."""
        self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Gives everything back."""
        self._opened._response.close()
        self._opened.close()
        self._socket.close()


class Container:
    """One container. Whatever goes wrong is an EngineError."""

    def __init__(self, known: Any) -> None:
        self._known = known

    @property
    def labels(self) -> dict[str, str]:
        return dict(self._known.labels)

    def attach(self) -> Line:
        """A line to its standard streams, to be opened before it starts. Ours to close."""
        with _asking():
            return Line(self._known.attach_socket(params=STREAMS))

    def start(self) -> None:
        """Begins its first process."""
        with _asking():
            self._known.start()

    def kill(self) -> None:
        """Ends all its processes, now."""
        with _asking():
            self._known.kill()

    def found(self) -> tuple[int, bool]:
        """Its exit code once it has ended, and whether any of its processes was ended for want of memory."""
        with _asking():
            code = self._known.wait(timeout=SECONDS)["StatusCode"]
            self._known.reload()
        return int(code), bool(self._known.attrs["State"]["OOMKilled"])

    def remove(self) -> None:
        """With what it holds, running or not. One that is gone already is fine."""
        try:
            with _asking():
                self._known.remove(v=True, force=True)
        except EngineError as error:
            if error.status not in GONE:
                raise


@cache
def engine(_address: str | None) -> "Engine":
    """This process's one client of it. Raises EngineError."""
    return Engine()


class Engine:
    """As the environment names it: DOCKER_HOST, or the usual socket. Raises EngineError, as do all its methods."""

    def __init__(self) -> None:
        with _asking():
            self._client = docker.from_env(timeout=SECONDS)

    def image_id(self, name: str) -> str:
        """What the name means now, by content. Nothing is pulled."""
        with _asking():
            return str(self._client.images.get(name).id)

    def build(self, context: Path, tag: str, arguments: Mapping[str, str]) -> Iterator[str]:
        """Builds the folder's Dockerfile, giving each line that is said meanwhile."""
        with _asking():
            for said in self._client.api.build(
                path=str(context), tag=tag, buildargs=dict(arguments), rm=True, forcerm=True, decode=True
            ):
                if "error" in said:
                    raise EngineError(RuntimeError(said["error"].strip()))
                yield from said.get("stream", "").splitlines()

    def create(
        self, description: Mapping[str, Any], binds: Mapping[str, tuple[Path, bool]], ulimits: Mapping[str, int]
    ) -> Container:
        """A container that does not run yet, as `container.py` describes it."""
        given = {
            **description,
            "mounts": [Mount(to, str(path), "bind", read_only=only) for to, (path, only) in binds.items()],
            "ulimits": [Ulimit(name=name, soft=most, hard=most) for name, most in ulimits.items()],
            "log_config": LogConfig(type="none"),  # who attached has read it
        }
        with _asking():
            return Container(self._client.containers.create(**given))

    def labelled(self, label: str) -> list[Container]:
        """All containers with this label, whether they run or not."""
        with _asking():
            found = self._client.containers.list(all=True, filters={"label": label}, ignore_removed=True)
        return [Container(known) for known in found]
