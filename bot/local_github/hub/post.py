"""What the App is sent."""

from collections.abc import Mapping
from typing import Any

from bot.local_github.hub.hands import Hands
from bot.local_github.records import Delivery


class Post(Hands):
    """What the App is sent."""

    def deliver_to(self, url: str | None) -> None:
        """Where deliveries go; None logs them as failed."""
        self.site.postman.address = url

    @property
    def deliveries(self) -> list[Delivery]:
        """Every attempt, oldest first."""
        with self.site.ledger.lock:
            return list(self.site.ledger.deliveries.values())

    def send(self, event: str, payload: Mapping[str, Any], guid: str | None = None) -> Delivery:
        """Sends an odd event as it is."""
        return self.site.postman.send(event, payload, guid=guid)

    def redeliver(self, guid: str) -> Delivery:
        """Sends the delivery of that GUID again."""
        first = next((one for one in self.deliveries if one.guid == guid), None)
        if first is None:
            raise ValueError(f"there was no delivery {guid}")
        return self.site.postman.send_again(first)

    def settle(self, timeout: float = 10) -> bool:
        """Waits (seconds) until every delivery so far was attempted; False if that was not enough."""
        return self.site.postman.settle(timeout)
