// A number that is typed: the app's keypad, what was typed, its echo in words; a pasted number with two meanings is asked by two cards.
import { announce, dialog, h, lineButton, uid } from "../../ui.js";
import { language, t } from "../../i18n.js";
import * as numbers from "../../numbers.js";
import { keypad, separator, typed, valueOf } from "../../keypad.js";

const QUIET = 700;

/**
 * @param given.echo(value, less) text below the number; {text, wrong} for what is not accepted
 * @param given.done({value, less}) Lanjut; given.unit a node; given.extra buttons; given.less, minus, whole, nextLabel; given.start text
 * @returns {{body, action, live, focus, clear()}} `live` takes what is said of the value while it is typed
 */
export function numberEntry({ label, echo, done, unit, extra, less, minus, whole, nextLabel, start = "", preset, changed }) {
  const mark = separator();
  const id = uid("number");
  let text = start || (preset ?? "");
  let foreign = false;
  let timer;
  const input = h("input", {
    id, class: "number", type: "text", inputmode: "none", autocomplete: "off", enterkeyhint: "next", "aria-label": label, "aria-describedby": `${id}-echo`, value: text,
  });
  const under = h("p", { id: `${id}-echo`, class: "echo" });

  // what stands there, or why it is no number: {value, less} | {ambiguous} | {error}
  const current = () => {
    if (text === "" || text === "-") return undefined;
    if (!foreign) return valueOf(text, mark) ?? { error: "not-a-number" };
    const below = /^\s*[<＜]/.test(text);
    const read = numbers.read(text.replace(/^\s*[<＜]/, ""), language());
    return read.value === undefined ? read : { ...read, less: below };
  };

  const tell = () => {
    const now = current();
    const what = now?.value !== undefined ? echo(now.value, now.less) : now?.error ? { text: t("acts-no-number"), wrong: true } : { text: "" };
    const { text: words, wrong } = typeof what === "string" ? { text: what } : (what ?? { text: "" });
    under.textContent = words;
    under.classList.toggle("wrong", Boolean(wrong));
    changed?.(now);
    clearTimeout(timer);
    // a reader hears it once the fingers rest
    if (words) timer = setTimeout(() => announce(words), QUIET);
  };

  const next = async () => {
    let now = current();
    if (now?.ambiguous) {
      const chosen = await dialog(t("acts-which-number", { text }), t("acts-which-number-why"), now.ambiguous.map((value) => ({ label: `${numbers.show(value, language())} · ${numbers.spell(value, language())}`, value })));
      if (chosen === null) return;
      now = { value: chosen, less: false };
    }
    if (now?.value === undefined) {
      under.textContent = t(now ? "acts-no-number" : "acts-number-missing");
      under.classList.add("wrong");
      announce(under.textContent);
      return;
    }
    const what = echo(now.value, now.less);
    if (what?.wrong) return announce(what.text);
    await done(now);
  };

  input.addEventListener("input", (event) => {
    // one digit or mark of a plain keyboard is as clear as a key of ours
    const plain = event.inputType === "insertText" && event.data?.length === 1 && (event.data === mark || /\d/.test(event.data));
    const erased = event.inputType?.startsWith("delete");
    if (!plain && !erased) foreign = true;
    if (input.value === "") foreign = false;
    text = input.value;
    tell();
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    next();
  });
  const press = (key) => {
    if (foreign && key !== "back") [text, foreign] = ["", false];
    text = typed(text, key, mark);
    input.value = text;
    tell();
  };
  const pad = keypad({ key: press, next, less, minus, whole, nextLabel });
  tell();
  // what is typed, its echo and its verdict stand right above the keys, whatever is above them
  const live = h("div", { class: "live-slot" });
  return {
    body: [extra],
    action: h("div", { class: "typed" }, h("div", { class: "entry" }, input, h("span", { class: "unit" }, unit)), under, live, h("div", { class: "keypad-slot" }, pad)),
    live,
    focus: input,
    refresh: tell,
    clear() {
      [text, foreign] = [preset ?? "", false];
      input.value = text;
      tell();
    },
  };
}

/** A quiet second way under a number. */
export const quietButton = (label, act) => lineButton(label, { act });
