/* Camera and microphone of this browser: as many of the two as there are. */

const PICTURE = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 24 } };
const SOUND = { echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/* Ask for both at once (one question to the person), then for each alone.

Returns { audio, video, problem }: the tracks or null, and the name of the first error or "". */
export function openDevices() {
  return firstOf([{ audio: SOUND, video: PICTURE }, { audio: SOUND }, { video: PICTURE }]);
}

/* For a camera that is to stay off: its light does not even flash. */
export function openMicrophone() {
  return firstOf([{ audio: SOUND }]);
}

async function firstOf(wishes) {
  const found = { audio: null, video: null, problem: "" };
  for (const wish of wishes) {
    try {
      const stream = await navigator.mediaDevices.getUserMedia(wish);
      found.audio = stream.getAudioTracks()[0] ?? null;
      found.video = stream.getVideoTracks()[0] ?? null;
      return found;
    } catch (error) {
      found.problem ||= error.name ?? "OtherError";
    }
  }
  return found;
}

export async function openCamera() {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ video: PICTURE });
    return stream.getVideoTracks()[0];
  } catch {
    return null;
  }
}
