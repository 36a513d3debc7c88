/* Times of a day as the form writes them, "09:00", and as minutes after midnight. */

export const DAY = 1440;
export const STEP = 15; // minutes, which an edge moves by

/** Minutes of a time; null where none is written. */
export function minutes(time) {
  const found = /^(\d\d):(\d\d)/.exec(time);
  return found ? Number(found[1]) * 60 + Number(found[2]) : null;
}

/** The hours of a row, [from, until]; null where they say nothing, or cannot be. */
export function span(starts, ends) {
  const from = minutes(starts);
  const until = minutes(ends) || (ends ? DAY : null); // midnight as an end is the end of the day
  return from === null || until === null || until <= from ? null : [from, until];
}

/** A time as the form writes it; the end of the day is midnight. */
export function clock(minute) {
  const pad = (number) => String(number).padStart(2, "0");
  return `${pad(Math.floor(minute / 60) % 24)}:${pad(minute % 60)}`;
}

/** The hours with an edge at, or near, a minute: on the grid, in the day, never empty. */
export function moved([from, until], edge, minute) {
  const at = Math.round(minute / STEP) * STEP;
  if (edge === "from") return [Math.max(0, Math.min(at, until - STEP)), until];
  return [from, Math.min(DAY, Math.max(at, from + STEP))];
}

/** The hours moved as a whole, so that they begin at, or near, a minute. */
export function shifted([from, until], minute) {
  const length = until - from;
  const at = Math.round(minute / STEP) * STEP;
  const begin = Math.max(0, Math.min(at, DAY - length));
  return [begin, begin + length];
}
