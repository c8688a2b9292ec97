// A number that is typed: the app's keypad, what was typed, its echo in words; a pasted number with two meanings is asked by two cards.
import { announce, dialog, h, uid } from "../../ui.js";
import { language, t } from "../../i18n.js";
import { show } from "../../numbers.js";
import { spell } from "../../spell.js";
import { entered, pasted, taken, typed } from "../../forms/entered.js";
import { keypad, separator } from "../../keypad.js";

const QUIET = 700;

/** Which of two meanings a number has, by two cards without a default: 0 or 1; -1 when the person went back. */
export async function whichOf(text, both) {
  const cards = both.map((one, value) => ({ label: `${one.less ? "<" : ""}${show(one.value, language())} · ${spell(one.value, language())}`, value }));
  return (await dialog(t("acts-which-number", { text }), t("acts-which-number-why"), cards)) ?? -1;
}

/** A number from a text that was not typed with the keypad: {value, less}, {error}, or null when the person went back. */
export async function readNumber(text, takes) {
  const now = pasted(text, takes);
  if (!now.ambiguous) return now;
  const at = await whichOf(text, now.ambiguous);
  return at < 0 ? null : taken(now.ambiguous[at], takes);
}

/**
 * @param given.echo(value, less) text below the number; {text, wrong} for what is not accepted
 * @param given.done({value, less}) Lanjut; given.unit a node; given.extra buttons; given.less, minus, whole: what it takes; given.nextLabel
 * @returns {{body, action, live, focus, clear(), isEmpty(), take(then)}} `live` takes what is said of the value while it is typed; `take` does with the
 * number what Lanjut does, with another end
 */
export function numberEntry({ label, echo, done, unit, extra, less, minus, whole, nextLabel, changed }) {
  const mark = separator();
  const takes = { less, minus, whole };
  const id = uid("number");
  let text = "";
  let foreign = false;
  let timer;
  const input = h("input", {
    id, class: "number", type: "text", inputmode: "none", autocomplete: "off", enterkeyhint: "next", "aria-label": label, "aria-describedby": `${id}-echo`, value: text,
  });
  const under = h("p", { id: `${id}-echo`, class: "echo" });

  // what stands there, or why it is no number: {value, less} | {ambiguous} | {error}
  const current = () => entered(text, { isPlain: !foreign, mark, takes });

  const tell = () => {
    const now = current();
    const what = now?.value !== undefined ? echo(now.value, now.less) : now?.error ? { text: t(`acts-${now.error}`), wrong: true } : { text: "" };
    const { text: words, wrong } = typeof what === "string" ? { text: what } : (what ?? { text: "" });
    under.textContent = words;
    under.classList.toggle("wrong", Boolean(wrong));
    changed?.(wrong ? undefined : now);
    clearTimeout(timer);
    // a reader hears it once the fingers rest
    if (words) timer = setTimeout(() => announce(words), QUIET);
  };

  const refuse = (words) => {
    under.textContent = words;
    under.classList.add("wrong");
    announce(words);
  };

  const take = async (then) => {
    let now = current();
    if (now?.ambiguous) now = await readNumber(text, takes);
    if (now === null) return;
    if (now?.value === undefined) return refuse(t(now ? `acts-${now.error}` : "acts-number-missing"));
    const what = echo(now.value, now.less);
    if (what?.wrong) return refuse(what.text);
    await then(now);
  };
  const next = () => take(done);

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
    take,
    isEmpty: () => text === "",
    clear() {
      [text, foreign] = ["", false];
      input.value = text;
      tell();
    },
  };
}
