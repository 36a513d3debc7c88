"""Sessions in the database, closed: they hold addresses while those are confirmed, and more.

Django's are signed, so that nobody changes one, and readable to whoever has a copy.
"""

import json
from typing import Any

from cryptography.fernet import InvalidToken
from django.contrib.sessions.backends import db

from core import site_key


class SessionStore(db.SessionStore):
    def encode(self, session_dict: dict[str, Any]) -> str:
        said = {"of": self.session_key, "session": session_dict}
        return site_key.box(__name__).encrypt(json.dumps(said).encode()).decode()

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Return what the session holds: nothing, where it was changed, copied from another
        session, or closed with a secret that is gone. Whoever comes with it is then nobody."""
        try:
            said = json.loads(site_key.box(__name__).decrypt(session_data))
        except InvalidToken:
            return {}
        return said["session"] if said["of"] == self.session_key else {}
