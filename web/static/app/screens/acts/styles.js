// Loads the look of the forms once; the first form waits for it, so that nothing jumps.
let loaded;

export function styled() {
  loaded ??= new Promise((done) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL("../../acts.css", import.meta.url).href;
    // without its look a form still works
    link.addEventListener("load", done);
    link.addEventListener("error", done);
    document.head.append(link);
  });
  return loaded;
}

/** The question that was drawn begins at its top, whatever was scrolled before. */
export const toTop = () => document.getElementById("screen")?.scrollTo?.(0, 0);
