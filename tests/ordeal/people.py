"""Three accounts with two devices each, two groups and three direct conversations, and a proxy in between."""
import tempfile

from devices import Device
from proof.proxy import Proxy
from proof.server import Server

HANDLES = ("ada", "bob", "cyd")


class People:
    def __init__(self, seed, bytes_mean, environment=None, settings=None):
        self.folder = tempfile.TemporaryDirectory(prefix="parley-ordeal-")
        self.server = Server(settings)
        self.server.start()
        self.proxy = Proxy(self.server.port, seed)
        self.environment = environment
        self.devices = []
        self.ids = {}
        for handle in HANDLES:
            first, second = self.device(handle, 1), self.device(handle, 2)
            self.ids[handle] = first.register()["account"]
            second.login()
            self.devices += [first, second]
        self._converse()
        self.sync()
        self.proxy.bytes_mean = bytes_mean

    def device(self, handle, number):
        return Device(self.folder.name, handle, number, self.proxy.client(), self.environment)

    def of(self, handle):
        return [device for device in self.devices if device.handle == handle]

    def _converse(self):
        """`places`: for each handle the words by which its devices name the conversations that it is in."""
        ada, bob = self.of("ada")[0], self.of("bob")[0]
        everyone = ada.run("new", "everyone", "@bob", "@cyd")[0]["conversation"]
        two = bob.run("new", "two of us", "@cyd")[0]["conversation"]
        self.places = {
            "ada": [everyone, "@bob", "@cyd"],
            "bob": [everyone, two, "@ada", "@cyd"],
            "cyd": [everyone, two, "@ada", "@bob"],
        }
        self.groups = [everyone, two]

    def sync(self, devices=None, seconds=120):
        for device in devices or self.devices:
            device.run("--wait", str(seconds), "sync", seconds=seconds + 60)

    def close(self):
        for device in self.devices:
            device.stop_tail()
        self.proxy.stop()
        self.server.close()
        self.folder.cleanup()
