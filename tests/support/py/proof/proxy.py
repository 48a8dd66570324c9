"""A small TCP proxy that cuts connections at random, and counts what clients ask for.

One asyncio loop in a thread of its own serves a port per client, so that each one's traffic is told apart.
"""
import asyncio
import random
import socket
import struct
import threading

from . import cbor
from .websocket import BINARY, parse_frame

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset instead of what is still to be sent
TYPE_CHANGES = 21
KEY_PAYLOAD, KEY_STREAM, KEY_ONLY = 6, 1, 4


class Watched:
    """Reads along what one client sends: CBOR envelopes in WebSocket frames behind an upgrade."""

    def __init__(self, client):
        self.client = client
        self.buffer = bytearray()
        self.upgraded = False
        self.jumped = set()

    def feed(self, data):
        self.buffer += data
        if not self.upgraded:
            head, found, rest = bytes(self.buffer).partition(b"\r\n\r\n")
            if not found:
                return
            if b"upgrade: websocket" not in head.lower():
                self.buffer.clear()
                return
            self.upgraded, self.buffer = True, bytearray(rest)
        while True:
            frame = parse_frame(self.buffer)
            if not frame:
                return
            _, opcode, payload, used = frame
            del self.buffer[:used]
            if opcode == BINARY:
                self.count(payload)

    def count(self, payload):
        for envelope in cbor.decode_sequence(payload):
            asked = envelope.get(KEY_PAYLOAD) or {}
            if envelope.get(0) == TYPE_CHANGES and asked.get(KEY_ONLY):
                # Asking for the next page of the same belongs to the same jump.
                self.client.jumps += asked[KEY_STREAM] not in self.jumped
                self.jumped.add(asked[KEY_STREAM])


class Client:
    """One client's way. `jumps`: how often it asked for the removed rows of a stream, once a connection."""

    def __init__(self, port):
        self.port = port
        self.jumps = 0
        self.connections = 0
        self.cuts = 0


class Proxy:
    """`bytes_mean`: how many bytes pass on average until a connection is cut; 0 cuts none."""

    def __init__(self, server_port, seed=0, bytes_mean=0):
        self.server_port = server_port
        self.bytes_mean = bytes_mean
        self.random = random.Random(seed)
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.clients = []
        self.open = set()
        self.thread.start()

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def client(self):
        """A port of its own for one client."""
        return asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result(10)

    async def _listen(self):
        made = None

        async def serve(reader, writer):
            await self._serve(made, reader, writer)

        listener = await asyncio.start_server(serve, "127.0.0.1", 0)
        made = Client(listener.sockets[0].getsockname()[1])
        self.clients.append(made)
        return made

    async def _serve(self, client, reader, writer):
        client.connections += 1
        try:
            upstream = await asyncio.open_connection("127.0.0.1", self.server_port)
        except OSError:
            writer.transport.abort()
            return
        budget = [self.random.expovariate(1 / self.bytes_mean) if self.bytes_mean else float("inf")]
        watched = Watched(client)
        one = asyncio.ensure_future(self._pump(reader, upstream[1], budget, watched.feed))
        two = asyncio.ensure_future(self._pump(upstream[0], writer, budget, None))
        _, waiting = await asyncio.wait({one, two}, return_when=asyncio.FIRST_COMPLETED)
        cut = budget[0] <= 0
        client.cuts += cut
        for side in (writer, upstream[1]):
            end(side, reset=cut and self.random.random() < 0.5)
        for task in waiting:
            task.cancel()

    async def _pump(self, reader, writer, budget, watch):
        """Carries bytes until one side ends or the budget of both is used up, amid a frame or not."""
        try:
            while budget[0] > 0:
                data = await reader.read(65536)
                if not data:
                    return
                passed = data[: max(1, int(budget[0]))] if len(data) > budget[0] else data
                budget[0] -= len(data)
                if watch:
                    watch(passed)
                writer.write(passed)
                await writer.drain()
        except OSError:
            pass

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    @property
    def cuts(self):
        return sum(client.cuts for client in self.clients)


def end(writer, reset):
    sock = writer.get_extra_info("socket")
    if reset and sock is not None:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        except OSError:
            pass
        writer.transport.abort()
    else:
        writer.close()
