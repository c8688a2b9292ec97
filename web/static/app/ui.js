// The parts of which every screen is made. Builds elements, never markup from text. Knows no screen and stores nothing.

import { icon } from "./icons.js";
import { has, t } from "./i18n.js";

export { icon };

// h("p", {class: "lead", onclick: f, "aria-live": "polite", hidden: true}, "text", node, [more]).
// A member `on...` is a listener; true sets an empty attribute; false, null and undefined set none; `value` and `checked` are properties.
export function h(tag, given = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(given ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  put(element, children);
  return element;
}

// Adds children: nodes, texts, and lists of them; nothing for null, undefined, false and "".
export function put(element, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

export function replaceIn(element, ...children) {
  element.replaceChildren();
  return put(element, children);
}

// A number with its unit, which stay on one line.
export const together = (text) => h("span", { class: "nb" }, text.replaceAll(" ", "\u00a0"));

// ---- what is said beside the screen

let counted = 0;
export const uid = (what = "x") => `${what}-${++counted}`;

// Says `text` to a reader, without moving the focus. The same text twice is read twice.
export function announce(text) {
  const live = document.getElementById("live");
  if (!live) return;
  live.textContent = "";
  setTimeout(() => (live.textContent = text), 60);
}

// A notice of `kind` "bad" (an alert), "warn", "good" or "wait".
export function notice(kind, text, ...more) {
  const shapes = { bad: "fail", warn: "alert", good: "pass", wait: "queued", note: "note" };
  return h("div", { class: `notice ${kind}`, role: kind === "bad" ? "alert" : null }, icon(shapes[kind]), h("div", {}, h("p", {}, text), more));
}

// `text` at the foot for 8 s; with `undo` a button that calls it. `done` is called when it was not undone. Returns a function that ends it.
const SHOWN = 8000;
export function toast(text, { undo, done } = {}) {
  const place = document.getElementById("toasts");
  let left = true;
  let timer;
  const end = (call) => {
    if (!left) return;
    left = false;
    clearTimeout(timer);
    element.remove();
    call?.();
  };
  const element = h("div", { class: "toast", role: "status" }, h("span", {}, text), undo && h("button", { type: "button", onclick: () => end(undo) }, t("undo")));
  // who reads slowly, or with a keyboard, has the time
  const wait = () => (timer = setTimeout(() => end(done), SHOWN));
  element.addEventListener("focusin", () => clearTimeout(timer));
  element.addEventListener("focusout", wait);
  place.append(element);
  wait();
  return () => end(done);
}

// ---- buttons

// Runs `act` once at a time; what it throws is shown at the button.
function guarded(button, act) {
  return async (event) => {
    // the second tap of a double tap is none
    if (event.detail > 1 || button.getAttribute("aria-disabled") === "true") return;
    button.setAttribute("aria-disabled", "true");
    button.parentElement?.querySelector(":scope > .notice.failed")?.remove();
    try {
      await act(event);
    } catch (error) {
      console.warn(error);
      const shown = faulty(error);
      shown.classList.add("failed");
      button.before(shown);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  };
}

// An error of the core that has a sentence: by its code.
const sentenceOf = ({ code }) => (has(`fault-${code}`) ? t(`fault-${code}`) : null);

// What went wrong, in a sentence; what has none is shown below a general one, for who is asked for help.
export function faulty(error) {
  const sentence = error.sentence ?? sentenceOf(error);
  return sentence ? notice("bad", sentence) : notice("bad", t("went-wrong"), h("p", { class: "code" }, String(error.message ?? error)));
}

// An error whose text is for the person: throw new UserError(t("...")).
export class UserError extends Error {
  constructor(sentence) {
    super(sentence);
    this.sentence = sentence;
  }
}

// The button under the thumb. `kind`: "next" (default), "sign" (lies higher), "danger". Give `act` or `to` (an address).
export function bigButton(label, { act, to, kind = "next", icon: shape, ...more } = {}) {
  return pressed(`big ${kind}`, label, { act, to, shape, ...more });
}

// A second way: a smaller button.
export const button = (label, { act, to, icon: shape, ...more } = {}) => pressed("plain", label, { act, to, shape, ...more });

// A way that is seldom taken: a line.
export const lineButton = (label, { act, to, icon: shape, ...more } = {}) => pressed("line", label, { act, to, shape, ...more });

function pressed(kind, label, { act, to, shape, ...more }) {
  const inside = [shape && icon(shape), h("span", {}, label)];
  if (to) return h("a", { class: `button ${kind}`, href: to.startsWith("/") ? `#${to}` : to, ...more }, inside);
  const element = h("button", { type: "button", class: `button ${kind}`, ...more }, inside);
  element.addEventListener("click", guarded(element, act ?? (() => {})));
  return element;
}

// ---- lines of a screen

// What is known already: "Daun nilam . hari ini  (ubah)". `change` is an address or a function; without it nothing changes.
export function answered(label, value, change) {
  const inside = [h("span", { class: "asked" }, label), h("span", { class: "answer" }, value)];
  if (!change) return h("div", { class: "answered" }, inside);
  const mark = h("span", { class: "change" }, icon("change"), h("span", {}, t("change")));
  if (typeof change === "string") return h("a", { class: "answered", href: `#${change}` }, inside, mark);
  return h("button", { type: "button", class: "answered", onclick: change }, inside, mark);
}

// A row of a list: icon, title, notes below. `to` or `act` makes it a link or a button. `state` colours the icon: bad, warn, good, wait.
export function row({ icon: shape, title, note, end, to, act, state = "" }) {
  const inside = [
    shape && icon(shape),
    h("span", { class: "of" }, h("span", { class: "title" }, title), note && h("span", { class: "note" }, note)),
    end && h("span", { class: "end" }, end),
    (to || act) && icon("next"),
  ];
  if (to) return h("li", {}, h("a", { class: `row ${state}`, href: to.startsWith("/") ? `#${to}` : to }, inside));
  if (!act) return h("li", {}, h("div", { class: `row ${state}` }, inside));
  const element = h("button", { type: "button", class: `row ${state}` }, inside);
  element.addEventListener("click", guarded(element, act));
  return h("li", {}, element);
}

export const rows = (list, label) => h("ul", { class: "rows", "aria-label": label ?? null }, list);

export const section = (title, ...body) => h("section", {}, h("h2", {}, title), body);

// Verdict of a lot: colour, shape and word, with what it rests on below.
const SHAPES = {
  verified: "verified", findings: "alert", tested: "flask", "partly-tested": "flask", failed: "fail", recalled: "recall", held: "hand",
  "not-inspected": "flask", "no-verdict": "flask", broken: "fail", unknown: "unknown",
};
export function band(state, word, ...why) {
  return h("div", { class: `band ${state}` }, icon(SHAPES[state] ?? "note"), h("div", {}, h("p", { class: "word" }, word), why.flat().filter(Boolean).map((w) => h("p", { class: "why" }, w))));
}

// A record's state on this phone, by its table: icon and word (outbox states of outbox.js). `waitsFor` is the number it waits for.
export function stateWord(state, waitsFor) {
  return state === "queued" && waitsFor ? t("state-queued-after", { number: String(waitsFor) }) : t(`state-${state}`);
}
export const STATE_COLOUR = {
  draft: "", signed: "", queued: "wait", sent: "wait", accepted: "good", verified: "good", waiting: "warn", refused: "bad", abandoned: "", conflict: "warn",
};

// GTINs, hashes and ids: list of [name, value].
export function technical(list) {
  return h("details", { class: "technical" }, h("summary", {}, t("technical")), h("dl", {}, list.filter(([, value]) => value).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
}

// ---- questions

// A text field with its label and help. Returns { element, input }; `input.value` is what was typed.
export function field(label, { help, type = "text", ...more } = {}) {
  const id = uid("field");
  const input = h(type === "textarea" ? "textarea" : "input", {
    id, ...(type === "textarea" ? { rows: 3 } : { type }), autocomplete: "off", "aria-describedby": help ? `${id}-help` : null, ...more,
  });
  return { input, element: h("div", { class: "field" }, h("label", { for: id }, label), input, help && h("p", { id: `${id}-help`, class: "help" }, help)) };
}

// One of several, as radio cards: options are [{value, label, note}]. Returns { element, value() }; `onchange(value)`.
export function choice(label, options, { value, onchange } = {}) {
  const group = uid("choice");
  const inputs = options.map((o) => h("input", { type: "radio", name: group, value: o.value, checked: o.value === value, onchange: () => onchange?.(o.value) }));
  const element = h("fieldset", { class: "choice" }, h("legend", {}, label),
    options.map((o, i) => h("label", { class: "card" }, inputs[i], h("span", {}, h("span", { class: "title" }, o.label), o.note && h("span", { class: "note" }, o.note)))));
  return { element, value: () => inputs.find((i) => i.checked)?.value };
}

// A switch: a checkbox with its label.
export function check(label, { checked = false, onchange, note } = {}) {
  const input = h("input", { type: "checkbox", checked, onchange: () => onchange?.(input.checked) });
  return { input, element: h("label", { class: "card check" }, input, h("span", {}, h("span", { class: "title" }, label), note && h("span", { class: "note" }, note))) };
}

// Asks over the screen. `actions` are [{label, value, kind}]. Resolves with the value of the button, or null when it was closed.
export function dialog(title, body, actions) {
  return new Promise((done) => {
    const id = uid("dialog");
    let value = null;
    const element = h("dialog", { "aria-labelledby": id }, h("h2", { id }, title), h("div", { class: "of" }, body),
      h("div", { class: "actions" }, actions.map((a) => bigButton(a.label, { kind: a.kind ?? "next", act: () => { value = a.value; element.close(); } }))));
    element.addEventListener("close", () => {
      element.remove();
      done(value);
    });
    document.body.append(element);
    element.showModal();
  });
}

// ---- the phone

// Vibrates where the phone can: "scan", "signed" or "refused".
const BUZZ = { scan: [20], signed: [120], refused: [40, 60, 40] };
export const buzz = (what) => navigator.vibrate?.(BUZZ[what]);

// Hands a file to another app, or to the downloads where the browser shares none. Resolves "shared", "saved" or "cancelled".
export async function share(file, title) {
  if (navigator.canShare?.({ files: [file] })) {
    try {
      await navigator.share({ files: [file], title });
      return "shared";
    } catch (error) {
      if (error.name === "AbortError") return "cancelled";
    }
  }
  const href = URL.createObjectURL(file);
  const link = h("a", { href, download: file.name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
  return "saved";
}
