"""The web process's address on this machine: free or taken, answering or not."""

import errno
import http.client
import socket
from dataclasses import dataclass

from bot.embedded import StackError

# Listened on everywhere, asked on loopback.
LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 # nothing listens by this table
SECONDS_TO_ANSWER = 1.0


@dataclass(frozen=True)
class Address:
    """Host and port to listen on; port 0 is none yet."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        name = LOOPBACK_OF.get(self.host, self.host)
        return f"http://[{name}]:{self.port}" if ":" in name else f"http://{name}:{self.port}"

    def settled(self) -> "Address":
        """The same address with a port that is free now. Raises StackError if that is not possible."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise StackError(self._refusal(error)) from None
            return Address(self.host, probe.getsockname()[1])

    def healthy(self) -> bool:
        """Whether the web process answers `GET /healthz` with 200."""
        connection = http.client.HTTPConnection(
            LOOPBACK_OF.get(self.host, self.host), self.port, timeout=SECONDS_TO_ANSWER
        )
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def _refusal(self, error: OSError) -> str:
        if error.errno == errno.EADDRINUSE:
            return (
                f"Port {self.port} on {self.host} is taken by another program. "
                "Stop that program, or set PORT (and PUBLIC_URL, if it names the port) to a free one."
            )
        return f"Nothing can listen on {self.host} port {self.port}: {error.strerror}. Set HOST and PORT to what can."
