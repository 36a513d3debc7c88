/* Sentences stand in the page, where they are translated; scripts take them by name. */

export function wordsOf(element) {
  const items = [...element.querySelectorAll("[data-word]")];
  const words = new Map(items.map((item) => [item.dataset.word, item.textContent]));
  return (name) => words.get(name) ?? "";
}

/* Say something once; a live region would repeat what is set again. */
export function say(line, sentence) {
  if (sentence && line.textContent !== sentence) {
    line.textContent = sentence;
  }
}
