"""Signed webhook deliveries, logged attempt by attempt, sent again on request.

One sender keeps their order; several are faster, and GitHub itself promises no order.
"""

import hashlib
import hmac
import json
import ssl
import time
import uuid
import zlib
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import cache
from typing import Any

import httpx

from bot.local_github.ledger import Ledger, now
from bot.local_github.records import Delivery

DEADLINE = 10  # seconds that GitHub waits for an answer
KEPT = 2000  # characters of the App's answer


class Postman:
    """Hands deliveries to one address. With no address they are logged as failed."""

    def __init__(self, ledger: Ledger, secret: str, app_id: int, senders: int = 1) -> None:
        self.ledger = ledger
        self.senders = senders
        self.secret = secret.encode()
        self.app_id = app_id
        self.address: str | None = None
        self.hook_id = ledger.new_id()
        self._under_way: set[Future[None]] = set()
        self._client: httpx.Client | None = None
        self._thread: ThreadPoolExecutor | None = None

    def open(self) -> None:
        """Begins to send; after `close` too. What is sent while closed is logged as failed."""
        self._client = httpx.Client(timeout=DEADLINE, trust_env=False, verify=_trusted())
        self._thread = ThreadPoolExecutor(self.senders, "local-github-webhooks")

    def send(
        self,
        event: str,
        payload: Mapping[str, Any],
        *,
        guid: str | None = None,
        redelivery: bool = False,
    ) -> Delivery:
        """Logs a delivery as pending and sends it soon. Its body is fixed here, whatever changes meanwhile."""
        body = _bytes_of(payload)
        guid = guid or str(uuid.uuid4())
        delivery = Delivery(
            id=self.ledger.new_id(),
            guid=guid,
            event=event,
            action=payload.get("action"),
            installation_id=(payload.get("installation") or {}).get("id"),
            repository_id=(payload.get("repository") or {}).get("id"),
            delivered_at=now(),
            redelivery=redelivery,
            packed=zlib.compress(body, 1),
            request_headers=self._headers(event, guid, body),
        )
        with self.ledger.lock:
            if self._thread is None or self._client is None:
                return self.ledger.keep(replace(delivery, **_UNREACHED))
            self.ledger.keep(delivery)
            future = self._thread.submit(self._attempt, self._client, delivery, body)
            self._under_way.add(future)
        future.add_done_callback(self._under_way.discard)
        return delivery

    def send_again(self, delivery: Delivery) -> Delivery:
        """A new attempt with the same GUID and body."""
        return self.send(delivery.event, delivery.payload, guid=delivery.guid, redelivery=True)

    def settle(self, timeout: float) -> bool:
        """Waits until nothing is under way; False if the time (in seconds) was not enough."""
        with self.ledger.lock:
            pending = set(self._under_way)
        return not wait(pending, timeout).not_done

    def close(self) -> None:
        """Sends nothing more; what waited is dropped, as GitHub never tries again by itself."""
        with self.ledger.lock:
            thread, client, self._thread, self._client = self._thread, self._client, None, None
        if thread and client:
            thread.shutdown(wait=True, cancel_futures=True)
            client.close()

    def _headers(self, event: str, guid: str, body: bytes) -> dict[str, str]:
        return {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/10ca190",
            "X-GitHub-Event": event,
            "X-GitHub-Delivery": guid,
            "X-GitHub-Hook-ID": str(self.hook_id),
            "X-GitHub-Hook-Installation-Target-ID": str(self.app_id),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature-256": "sha256=" + hmac.new(self.secret, body, hashlib.sha256).hexdigest(),
        }

    def _attempt(self, client: httpx.Client, delivery: Delivery, body: bytes) -> None:
        began = time.monotonic()
        try:
            result = self._post(client, delivery, body)
        except httpx.TimeoutException:
            result = replace(delivery, status="timed out", status_code=504)
        except httpx.HTTPError as error:
            result = replace(delivery, **_UNREACHED, response=str(error))
        self.ledger.keep(replace(result, duration=round(time.monotonic() - began, 3)))

    def _post(self, client: httpx.Client, delivery: Delivery, body: bytes) -> Delivery:
        if self.address is None:
            return replace(delivery, **_UNREACHED, response="no address is set")
        answer = client.post(self.address, content=body, headers=dict(delivery.request_headers))
        return replace(
            delivery,
            status="OK" if answer.is_success else f"Invalid HTTP Response: {answer.status_code}",
            status_code=answer.status_code,
            response_headers=dict(answer.headers),
            response=answer.text[:KEPT],
        )


@cache
def _trusted() -> ssl.SSLContext:
    # Reading the machine's certificates takes longer than all else at a start, so it is done once.
    return ssl.create_default_context()


_UNREACHED: dict[str, Any] = {"status": "failed to connect to host", "status_code": 502}


def _bytes_of(payload: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(payload, ensure_ascii=False).encode()
    except UnicodeEncodeError:  # half of a surrogate pair has no UTF-8; JSON can still spell it
        return json.dumps(payload).encode()
