/* What this person should see, from what is known. The templates name the same scenes in data-in.

Patient before the door:   waiting, soon (the provider is in the room)
Provider before the door:  empty, door (somebody knocks), stepped-out
Both afterwards:           joining, together, away (broken off), left (by choice)
At the end of the page:    taken (by another window), refused; static/js/video/stage.js plays them */

/* A socket that is gone while the picture moves changes nothing; with a still one, the other is gone. */
export function sceneOf({ role, room, isConnected, isMoving, wasConnected }) {
  const { status, other } = room;
  if (status === "scheduled" || status === "waiting") {
    return role === "patient" ? waiting(other) : before(status, other);
  }
  if (other.has_left) {
    return "left";
  }
  if (isConnected && (other.is_here || isMoving)) {
    return "together";
  }
  return wasConnected || !other.is_here ? "away" : "joining";
}

function waiting(other) {
  return other.is_here ? "soon" : "waiting";
}

function before(status, other) {
  if (status === "scheduled") {
    return "empty";
  }
  return other.is_here ? "door" : "stepped-out";
}
