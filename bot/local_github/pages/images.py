"""What people attached, as browsers and the bot get it."""

from starlette.responses import Response

from bot.local_github.attachments import Attachment
from bot.local_github.pages.frame import HEADERS, Made, Visit, go
from bot.local_github.refusals import not_found
from bot.local_github.site import Site

# Whatever it is said to be, no browser runs it.
LOCKED = {**HEADERS, "Content-Security-Policy": "default-src 'none'; sandbox"}


class Images:
    """The address that a text names, and the signed one."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def named(self, visit: Visit) -> Made:
        """Leads on to a signed address where everybody may read; nobody is logged in, so all else is not there."""
        found = self.site.attachments.kept.get(visit.path["uuid"])
        if found is None or self._is_private(found):
            raise not_found()
        return go(self.site.attachments.signed(found))

    def signed(self, visit: Visit) -> Made:
        """The file itself."""
        found = self.site.attachments.at(f"/private-user-images/{visit.path['rest']}", visit.query.get("jwt", ""))
        if found is None:
            raise not_found()
        return Response(found.content, 200, LOCKED, found.media_type)

    def _is_private(self, attachment: Attachment) -> bool:
        known = self.site.ledger.repositories.get(attachment.repository.id)
        return known is None or known.private
