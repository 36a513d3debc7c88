/* The week as a picture of the form beneath: an edge that is dragged, or moved by arrow keys,
   changes the times of its row. The form alone is sent. */

import { clock, DAY, minutes, moved, shifted, span, STEP } from "./minutes.js";

const KEYS = { ArrowUp: -STEP, ArrowLeft: -STEP, ArrowDown: STEP, ArrowRight: STEP, PageUp: -60, PageDown: 60 };
const NEW_HOURS = 60; // minutes, of hours that are begun by a press on an empty place

class WeekEditor extends HTMLElement {
  #rows = [];

  connectedCallback() {
    const picture = made("div", "week-picture", this.querySelector(".week-picture-words"));
    picture.append(hourNames());
    for (const day of this.querySelectorAll(".week-day")) picture.append(this.#column(day));
    this.addEventListener("input", () => this.#draw());
    this.#draw();
  }

  #column(day) {
    const column = made("div", "week-column");
    const name = day.querySelector("legend").textContent;
    made("p", "week-column-name", null, column).textContent = name;
    const hours = made("div", "week-hours", null, column);
    const rows = [...day.querySelectorAll(".week-row")].map((row) => new Row(row, name, this.dataset, hours));
    this.#rows.push(...rows);
    hours.addEventListener("pointerdown", (event) => this.#begin(event, hours, rows));
    return column;
  }

  /** A press on an empty place begins hours there, in the day's empty row. */
  #begin(event, hours, rows) {
    const row = rows.find((one) => one.isEmpty);
    if (event.target !== hours || event.button !== 0 || !row) return;
    row.hours = shifted([0, NEW_HOURS], minuteAt(event, hours));
    row.drag(event, "until");
  }

  #draw() {
    for (const row of this.#rows) row.draw();
  }
}

/** One row of the form, and its bar in the picture. */
class Row {
  #starts;
  #ends;
  #place;
  #bar;
  #edges = {};

  constructor(row, day, words, place) {
    this.#starts = row.querySelector('[name$="-starts"]');
    this.#ends = row.querySelector('[name$="-ends"]');
    this.#place = place;
    this.#bar = made("div", "week-bar", null, place);
    this.#bar.addEventListener("pointerdown", (event) => {
      if (event.target === this.#bar && event.button === 0) this.#shift(event);
    });
    this.#edge("from", `${day}, ${words.from}`);
    this.#edge("until", `${day}, ${words.until}`);
  }

  #edge(name, label) {
    const edge = made("div", `week-edge week-edge--${name}`, null, this.#bar);
    const says = { role: "slider", tabindex: 0, "aria-label": label, "aria-orientation": "vertical" };
    for (const [key, value] of Object.entries(says)) edge.setAttribute(key, value);
    edge.setAttribute("aria-valuemin", 0);
    edge.setAttribute("aria-valuemax", DAY);
    edge.addEventListener("keydown", (event) => this.#press(event, name));
    edge.addEventListener("pointerdown", (event) => {
      if (event.button === 0) this.drag(event, name);
    });
    this.#edges[name] = edge;
  }

  get isEmpty() {
    return !this.#starts.value && !this.#ends.value;
  }

  get hours() {
    return span(this.#starts.value, this.#ends.value);
  }

  set hours([from, until]) {
    this.#starts.value = clock(from);
    this.#ends.value = clock(until);
    this.draw();
  }

  draw() {
    const hours = this.hours;
    this.#bar.hidden = !hours;
    if (!hours) return;
    for (const [place, name] of ["from", "until"].entries()) {
      this.#bar.style.setProperty(`--${name}`, hours[place]);
      this.#edges[name].setAttribute("aria-valuenow", hours[place]);
      this.#edges[name].setAttribute("aria-valuetext", worded(hours[place]));
    }
  }

  #press(event, edge) {
    const by = KEYS[event.key];
    if (!by || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault(); // the page stays where it is
    const [from, until] = this.hours;
    this.hours = moved([from, until], edge, (edge === "from" ? from : until) + by);
  }

  drag(event, name) {
    const edge = this.#edges[name];
    event.preventDefault();
    edge.focus();
    follow(event, edge, (at) => {
      this.hours = moved(this.hours, name, minuteAt(at, this.#place));
    });
  }

  #shift(event) {
    const offset = minuteAt(event, this.#place) - this.hours[0];
    event.preventDefault();
    follow(event, this.#bar, (at) => {
      this.hours = shifted(this.hours, minuteAt(at, this.#place) - offset);
    });
  }
}

/** Hear of the pointer, wherever it goes, until it is let go. */
function follow(event, element, move) {
  element.setPointerCapture(event.pointerId);
  element.addEventListener("pointermove", move);
  const stop = () => element.removeEventListener("pointermove", move);
  for (const end of ["pointerup", "pointercancel"]) element.addEventListener(end, stop, { once: true });
}

function minuteAt(event, place) {
  const box = place.getBoundingClientRect();
  return ((event.clientY - box.top) / box.height) * DAY;
}

function worded(minute) {
  const at = new Date(2001, 0, 1, 0, minute); // of any day on which no clock changes
  return at.toLocaleTimeString(document.documentElement.lang, { hour: "numeric", minute: "2-digit" });
}

function hourNames() {
  const names = made("div", "week-hour-names");
  names.setAttribute("aria-hidden", "true"); // each edge says its own time
  for (let hour = 0; hour < 24; hour += 3) {
    const name = made("span", "", null, names);
    name.textContent = worded(minutes(clock(hour * 60)));
  }
  return names;
}

function made(kind, classes, after, parent) {
  const element = document.createElement(kind);
  if (classes) element.className = classes;
  if (after) after.after(element);
  parent?.append(element);
  return element;
}

customElements.define("week-editor", WeekEditor);
