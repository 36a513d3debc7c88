"""The socket of a room: relays what the two browsers need to find each other.

No rule lives here. `seats` says who may be in the room, and is asked for every frame that goes
either way: a visit can end, or a seat be taken over, while a socket is open. What is relayed is
never written down, to a log least of all.
"""

import asyncio
import contextlib
import json
from typing import Any

from channels.db import database_sync_to_async
from django.utils import timezone

import appointments.models
from accounts.models import User
from accounts.permissions import PATIENT, PROVIDER, policy
from accounts.revocation import topic
from accounts.sockets import RecordedConsumer
from core import events, tenancy
from sessions import admission, by_link, ice, presence, seats, signals
from sessions.models import InvalidTransition, Role, Seat, VideoSession
from sessions.rate import Bucket

# 4000 to 4999 are ours to define. Sent after accept: before it a browser sees only a failure.
BAD_FRAME, SIGNED_OUT, NOT_CHECKED_IN, NOT_FOUND = 4400, 4401, 4403, 4404
SEAT_TAKEN, ROOM_OVER, TOO_LARGE, TOO_FAST = 4409, 4410, 4413, 4429
REFUSALS: dict[type[seats.SeatRefused], int] = {
    seats.NotFound: NOT_FOUND,
    seats.NotCheckedIn: NOT_CHECKED_IN,
    seats.SeatTaken: SEAT_TAKEN,
    seats.RoomOver: ROOM_OVER,
}
RATE, BURST = 20, 60  # a connection's candidates come in one burst of about twenty


@policy(PATIENT, PROVIDER, finds=VideoSession.objects.visible_to)
class RoomConsumer(RecordedConsumer):
    page = "video:room"
    seat: Seat | None = None  # None before the seat is taken, and once the socket is closing

    async def connect(self) -> None:
        await self.accept()
        self.room_id = self.scope["url_route"]["kwargs"]["session_id"]
        user = await self.reader()
        if user is None:
            await self.refuse(SIGNED_OUT)
            return
        self.bucket = Bucket(rate=RATE, burst=BURST, now=self.clock())
        self.sent_count, self.last_seq = 0, -1
        self.room = f"session.{self.room_id}"
        self.groups = [
            self.room,
            topic(user),
            events.EVERYONE,
        ]  # channels leaves them
        for group in self.groups:
            await self.channel_layer.group_add(group, self.channel_name)
        await self.sit_down(user)

    async def reader(self) -> User | None:
        """Who is signed in, or came to this visit by a link."""
        if user := await super().reader():
            return user
        session = self.scope["session"]
        anew = session.__class__(session.session_key)
        return await database_sync_to_async(by_link.comer_to_room)(anew, self.room_id)

    async def sit_down(self, user: User) -> None:
        take = database_sync_to_async(seats.take)
        try:
            self.seat = await take(session_id=self.room_id, user=user, now=timezone.now())
        except seats.SeatRefused as refusal:
            await self.refuse(REFUSALS[type(refusal)])
            return
        if place := await self.held():
            self.told = presence.picture(place)
            servers = ice.servers(now=timezone.now())
            await self.tell("welcome", role=place.seat.role, ice=servers, room=self.told)

    async def disconnect(self, code: int) -> None:
        if self.seat:
            await self.drop(self.seat)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if self.seat is None:
            return
        if not self.bucket.take(now=self.clock()):
            await self.refuse(TOO_FAST)
            return
        try:
            frame = signals.parse(text_data, role=self.seat.role)
        except signals.FrameTooLarge:
            await self.refuse(TOO_LARGE)
        except signals.BadFrame:
            await self.refuse(BAD_FRAME)
        else:
            await self.hear(frame)

    async def hear(self, frame: signals.Frame) -> None:
        place = await self.held()
        if place is None or frame.epoch != place.seat.epoch or frame.seq <= self.last_seq:
            return  # from before a reconnection, or a repetition: dropped
        self.last_seq = frame.seq
        status, is_other_present = place.seat.session.status, place.is_other_present
        if signals.is_timely(frame.kind, status=status, is_other_present=is_other_present):
            await self.act(frame, place.seat)
        else:
            await self.tell("error", code="not-now", about=frame.kind)

    async def act(self, frame: signals.Frame, seat: Seat) -> None:
        if frame.kind == "ping":
            await self.tell("pong")
        elif frame.kind == "ice":
            await self.channel_layer.group_send(self.room, {"type": "ice_renewed"})
        else:
            await self.do(frame, seat)
        if frame.kind in signals.RELAYED:
            event = {"type": "relay", "sender": seat.role, "kind": frame.kind, "body": frame.body}
            await self.channel_layer.group_send(self.room, event)

    async def do(self, frame: signals.Frame, seat: Seat) -> None:
        try:
            await database_sync_to_async(perform)(frame, seat)
        except (InvalidTransition, appointments.models.InvalidTransition):
            await self.tell("error", code="not-now", about=frame.kind)

    async def relay(self, event: dict[str, Any]) -> None:
        """A frame of the other person's socket."""
        if self.seat and event["sender"] != self.seat.role and await self.held():
            await self.tell(event["kind"], **event["body"])

    async def ice_renewed(self, event: dict[str, Any]) -> None:
        """One of the two has lost the path: both need fresh credentials to find another."""
        if await self.held():
            await self.tell("ice", servers=ice.servers(now=timezone.now()))

    async def room_changed(self, event: dict[str, Any]) -> None:
        if (place := await self.held()) is None:
            return
        room = presence.picture(place)
        if room != self.told:  # one's own arrival, for one, is no news
            self.told = room
            await self.tell("room", room=room)

    async def account_changed(self, _event: dict[str, Any]) -> None:
        """The person may have been signed out, or lost the role: then `held` closes."""
        await self.held()

    async def events_resumed(self, event: dict[str, Any]) -> None:
        """Changes may have gone unheard."""
        await self.room_changed(event)

    async def held(self) -> seats.Place | None:
        """Return the place as it is at this moment, or close the socket that has lost it."""
        if self.seat is None:
            return None
        if await self.reader() is None:
            await self.refuse(SIGNED_OUT)
            return None
        mine = {"session_id": self.room_id, "user_id": self.seat.user_id, "epoch": self.seat.epoch}
        try:
            return await database_sync_to_async(seats.held)(**mine)
        except seats.SeatRefused as refusal:
            await self.refuse(REFUSALS[type(refusal)])
            return None

    async def tell(self, kind: str, **body: Any) -> None:
        if self.seat is None:
            return
        self.sent_count += 1
        head = {"v": signals.VERSION, "t": kind, "epoch": self.seat.epoch, "seq": self.sent_count}
        # To a browser that has just gone: what it said last, and the end itself, still come in.
        with contextlib.suppress(OSError):
            await self.send(json.dumps(head | body))

    async def refuse(self, code: int) -> None:
        seat, self.seat = self.seat, None
        if seat:
            await self.drop(seat)
        with contextlib.suppress(OSError):
            await self.close(code)

    async def drop(self, seat: Seat) -> None:
        """Also where its person is signed out by now: it was hers when this socket took it."""
        tenancy.enter(seat.user_id)
        await database_sync_to_async(seats.drop)(seat=seat, now=timezone.now())

    def clock(self) -> float:
        return asyncio.get_running_loop().time()


def perform(frame: signals.Frame, seat: Seat) -> None:
    """Do what the frame asks of the room; a frame that is only relayed asks nothing."""
    now, room, person = timezone.now(), seat.session, seat.user
    match frame.kind:
        case "knock":
            admission.knock(session=room, by=person, now=now)
        case "admit":
            admission.admit(session=room, by=person, now=now)
        case "end":
            admission.end(session=room, by=person, now=now)
        case "leave":
            seats.leave(seat=seat, now=now)
        case "differ":
            admission.report_differing(seat=seat, now=now)
        case "connected":
            admission.report_connected(seat=seat, now=now)
        case "media" if frame.body["cam"] and seat.role == Role.PATIENT:
            seats.report_video(seat=seat)
