/* A short, soft tone to try the loudspeaker with. */

const SECONDS = 0.8;

export function playTone() {
  const context = new AudioContext();
  const volume = new GainNode(context, { gain: 0 });
  const tone = new OscillatorNode(context, { frequency: 440 });
  volume.gain.linearRampToValueAtTime(0.2, context.currentTime + 0.1);
  volume.gain.linearRampToValueAtTime(0, context.currentTime + SECONDS);
  tone.connect(volume).connect(context.destination);
  tone.addEventListener("ended", () => context.close());
  tone.start();
  tone.stop(context.currentTime + SECONDS);
}
