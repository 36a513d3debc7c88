/* How loud a microphone is, as a number from 0 to 1 that a person would agree with. */

const STEP_MS = 100;

/* Call `show(level)` ten times a second until the returned function is called. */
export function measure(track, show) {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    show(loudness(samples));
  }, STEP_MS);
  return () => {
    clearInterval(timer);
    context.close();
  };
}

/* Root mean square in decibels: -60 dB (a quiet room) is 0, -10 dB (close speech) is 1. */
export function loudness(samples) {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  const decibels = 10 * Math.log10(power + 1e-12);
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}
