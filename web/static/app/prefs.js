// How the reader wants the app to look: language, light, hand. Kept in localStorage, since it is needed before the first picture; nothing
// that is signed or secret is kept here.

const KEY = "jejak-look";

function read() {
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
}

let prefs = read();

// { language: "id", look: "auto" | "light" | "dark" | "sun", hand: "right" | "left", sound: false }
export const preferences = () => ({ language: null, look: "auto", hand: "right", sound: false, ...prefs });

export function apply() {
  const { look, hand } = preferences();
  const root = document.documentElement;
  if (look === "auto") root.removeAttribute("data-look");
  else root.dataset.look = look;
  root.dataset.hand = hand;
}

export function prefer(change) {
  prefs = { ...prefs, ...change };
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs));
  } catch {
    // a full phone: it holds until the app is closed
  }
  apply();
}
