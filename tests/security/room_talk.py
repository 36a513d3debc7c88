"""A person's socket in a room, as the tests of rows 21 and 22 use it."""

from tests import live

PATIENCE = 20  # seconds; a loaded machine is slow


class Talk:
    """Says frames of the room's kind, and keeps what came."""

    def __init__(self, room_id, client):
        self.wire = live.socket(f"/ws/session/{room_id}/", client)
        self.epoch = self.seq = 0
        self.welcome = None

    async def open(self):
        assert await self.wire.connect(timeout=PATIENCE) == (True, None)
        self.welcome = await self.hear("welcome")
        self.epoch = self.welcome["epoch"]
        return self

    async def say(self, kind, **body):
        self.seq += 1
        head = {"v": 1, "t": kind, "epoch": self.epoch, "seq": self.seq}
        await self.wire.send_json_to(head | body)

    async def hear(self, kind):
        """Return the next frame of the kind; others in between are passed over."""
        while (frame := await self.wire.receive_json_from(timeout=PATIENCE))["t"] != kind:
            pass
        return frame

    async def hear_status(self, status):
        while (await self.hear("room"))["room"]["status"] != status:
            pass

    async def heard(self):
        """Return all frames until the answer to a ping, but what is told of the room itself."""
        await self.say("ping")
        frames = []
        while not frames or frames[-1]["t"] != "pong":
            frames.append(await self.wire.receive_json_from(timeout=PATIENCE))
        return [frame for frame in frames if frame["t"] not in ("pong", "room")]
