"""The people of the hostile tests: ada and bob talk in private, and mallory wants to know what about."""
from proof.session import Account, Session, new_id

SECRET = "the treasure lies under the third stone"


class World:
    def __init__(self, server):
        self.server = server
        self.ada = Account.register(server, "ada")
        self.bob = Account.register(server, "bob")
        self.mallory = Account.register(server, "mallory")
        self.counter = 0
        with Session(server, self.ada) as ada:
            self.group = ada.create_group("private", [self.bob])
            self.message = new_id()
            self.message_seq = ada.send_message(self.group, SECRET, id=self.message)["seq"]
            self.command = new_id()
            self.other = ada.create_group("another", [self.bob], id=self.command)
            self.direct = ada.send_message({"direct": self.bob.id}, SECRET)["stream"]
        with Session(server, self.mallory) as mallory:
            self.den = mallory.create_group("den", [])

    def newcomer(self):
        """An account that nobody has spoken to."""
        self.counter += 1
        return Account.register(self.server, f"newcomer{self.counter}")
