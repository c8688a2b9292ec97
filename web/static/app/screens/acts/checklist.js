// The items of a checklist one under the other: yes, no or not applicable, and a remark where it is no. Nothing is answered before somebody
// answers it.
import { announce, bigButton, field, h, notice, replaceIn } from "../../ui.js";
import { t } from "../../i18n.js";

const ANSWERS = ["yes", "no", "not-applicable"];

export function checklist(q, ctx, done) {
  const given = new Map((q.value ?? []).map((one) => [one.item, one]));
  const status = h("div", { role: "status" });
  const rows = new Map();

  const line = (item, n) => {
    const name = `visit-item-${item}`;
    const note = field(t("acts-check-note"), { maxlength: q.most, value: given.get(item)?.note ?? "" });
    note.input.addEventListener("input", () => given.set(item, { ...given.get(item), note: note.input.value.trim() }));
    note.element.hidden = given.get(item)?.answer !== "no";
    const choose = (answer) => () => {
      given.set(item, { item, answer, ...(answer === "no" ? { note: note.input.value.trim() } : {}) });
      note.element.hidden = answer !== "no";
      element.classList.remove("open");
      replaceIn(status);
    };
    const radio = (answer) =>
      h("label", { class: "reply" }, h("input", { type: "radio", name, value: answer, checked: given.get(item)?.answer === answer, onchange: choose(answer) }), h("span", {}, t(`answer-${answer}`)));
    const element = h("li", {}, h("fieldset", {}, h("legend", {}, `${n + 1}. ${t(name)}`), h("div", { class: "replies" }, ANSWERS.map(radio))), note.element);
    rows.set(item, element);
    return element;
  };

  const list = h("ol", { class: "checks" }, q.items.map(line));
  const act = () => {
    const open = q.items.filter((item) => !given.has(item));
    for (const item of open) rows.get(item).classList.add("open");
    if (open.length > 0) {
      const text = t("acts-check-open", { count: open.length });
      replaceIn(status, notice("warn", text));
      announce(text);
      rows.get(open[0]).scrollIntoView({ block: "center" });
      return rows.get(open[0]).querySelector("input").focus({ preventScroll: true });
    }
    return done(q.items.map((item) => given.get(item)));
  };
  return { body: [h("p", { class: "help" }, t("acts-public")), list, status], action: bigButton(t("acts-next"), { act }) };
}
