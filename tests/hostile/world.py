"""The people of the hostile tests: ada and bob talk in private, and mallory wants to know what about."""
import re
from functools import cache

from proof.session import Account, Session, new_id

SECRET = "the treasure lies under the third stone"
EDITED = "no, under the fourth one"
DRAFT = "or rather behind the well"
# Nobody else reacts with it.
EMOJI = "\U0001faa8"
TITLE = "where it is buried"


class World:
    def __init__(self, server):
        self.server = server
        self.ada = Account.register(server, "ada")
        self.bob = Account.register(server, "bob")
        self.mallory = Account.register(server, "mallory")
        self.counter = 0
        self.handles_kept = set()
        # Everything that HTTP has answered to mallory.
        self.heard = bytearray()
        with Session(server, self.ada) as ada:
            self.group = ada.create_group(TITLE, [self.bob])
            self.message = new_id()
            self.message_seq = ada.send_message(self.group, SECRET, id=self.message)["seq"]
            # Nobody else ever uses the id of this one.
            self.untold = new_id()
            ada.send_message(self.group, SECRET, id=self.untold)
            self.command = new_id()
            self.other = ada.create_group("another", [self.bob], id=self.command)
            self.link = ada.call("link.create", {"target": {"stream": self.group}})["payload"]["link"]
            revoked = ada.call("link.create", {"target": {"stream": self.group}})["payload"]["link"]
            self.revoked = revoked["code"]
            ada.call("link.revoke", {"target": {"stream": self.group}, "link": revoked["id"]})
            self.direct = ada.send_message({"direct": self.bob.id}, SECRET)["stream"]
        with Session(server, self.mallory) as mallory:
            self.den = mallory.create_group("den", [])
            self.mumbled = new_id()
            mallory.send_message(self.den, "mine", id=self.mumbled)
            self.den_link = mallory.call("link.create", {"target": {"stream": self.den}})["payload"]["link"]

    def own(self):
        """What mallory's own paths are made of."""
        return {
            "stream": self.den,
            "account": self.mallory.id,
            "device": self.mallory.device,
            "message": self.mumbled,
            "link": self.den_link["id"],
        }

    def hear(self, answer):
        """Keeps what HTTP has answered to mallory, to look whether a secret was in it."""
        self.heard += repr(sorted(answer.headers.items())).encode() + answer.body
        return answer

    def conversations_of(self, account):
        states = account.call("GET", "/v1/conversations").json().get("conversations", [])
        return {one["stream"] for one in states}

    def heads(self):
        """How far ada's conversations and bob's list of devices have got."""
        states = self.ada.call("GET", "/v1/conversations").json().get("conversations", [])
        devices = [one for one in self.bob.call("GET", "/v1/devices").json()["devices"] if one["present"]]
        return {one["stream"]: one["payload"]["head"] for one in states}, len(devices)

    def administrator_token(self):
        """What the server's greeting offers."""
        (token,) = re.findall(r"--token (\S+)", self.server.output)
        return token

    @cache
    def administrator(self):
        return Account.register(self.server, "illiora", invite=self.administrator_token())

    def newcomer(self):
        """An account that nobody has spoken to."""
        self.counter += 1
        return Account.register(self.server, f"newcomer{self.counter}")
