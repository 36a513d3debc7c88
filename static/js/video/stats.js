/* A few figures out of the browser's many, for tests and measurements. */

export function summary(reports, { state, call }) {
  const of = (type, kind) => reports.find((r) => r.type === type && (!kind || r.kind === kind)) ?? {};
  const pair = reports.find((r) => r.type === "candidate-pair" && r.nominated) ?? {};
  const local = reports.find((r) => r.id === pair.localCandidateId) ?? {};
  return {
    state,
    call,
    framesReceived: of("inbound-rtp", "video").framesDecoded ?? 0,
    soundReceived: of("inbound-rtp", "audio").totalAudioEnergy ?? 0,
    packetsReceived:
      (of("inbound-rtp", "audio").packetsReceived ?? 0) +
      (of("inbound-rtp", "video").packetsReceived ?? 0),
    path: local.candidateType ?? "",
  };
}
