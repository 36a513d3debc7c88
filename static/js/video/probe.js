/* How long the way to the practice's server takes over WebRTC itself: the path a visit's relay uses. */

const PINGS = 5;
const GATHER_MS = 2000;
const PATIENCE_MS = 10000;

/* Return the median round trip in whole milliseconds, or null where there is no way through. */
export async function roundTrip(address, { servers, token }) {
  const connection = new RTCPeerConnection({ iceServers: servers });
  const channel = connection.createDataChannel("probe");
  try {
    await connection.setLocalDescription();
    await within(GATHER_MS, gathered(connection)).catch(() => {}); // what there is by then
    const headers = { "Content-Type": "application/sdp", "X-CSRFToken": token };
    const body = connection.localDescription.sdp;
    const response = await fetch(address, { method: "POST", headers, body });
    if (!response.ok) {
      return null;
    }
    await connection.setRemoteDescription({ type: "answer", sdp: await response.text() });
    return await within(PATIENCE_MS, measure(channel));
  } catch {
    return null;
  } finally {
    connection.close();
  }
}

function gathered(connection) {
  return new Promise((resolve) => {
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState === "complete") {
        resolve();
      }
    });
  });
}

async function measure(channel) {
  await new Promise((resolve) => channel.addEventListener("open", resolve, { once: true }));
  const times = [];
  while (times.length < PINGS) {
    const start = performance.now();
    channel.send("ping");
    await new Promise((resolve) => channel.addEventListener("message", resolve, { once: true }));
    times.push(performance.now() - start);
  }
  return Math.round(times.sort((a, b) => a - b)[Math.floor(PINGS / 2)]);
}

function within(milliseconds, promise) {
  const late = new Promise((_, reject) => setTimeout(reject, milliseconds));
  return Promise.race([promise, late]);
}
