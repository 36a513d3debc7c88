/* Keep the screen on: a phone that goes dark in the waiting room drops out of it. */

export function stayAwake() {
  const ask = () => {
    if (document.visibilityState === "visible") {
      navigator.wakeLock?.request("screen").catch(() => {}); // a low battery may refuse
    }
  };
  document.addEventListener("visibilitychange", ask);
  ask();
}
