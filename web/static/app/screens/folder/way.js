// What happened to a shipment on its way: legs with temperature, the passing from hand to hand, and visits of supervision.
import { button, h, icon, section } from "../../ui.js";
import { day, has, moment, name, t } from "../../i18n.js";
import { isolated, shortName } from "../../names.js";
import { toConfirm, uriOf } from "../../folder.js";
import { path } from "../../router.js";
import { bareId } from "../../uris.js";
import { measured } from "../acts/words.js";
import { signer } from "../shipped.js";
import { fileButtons } from "./files.js";

const called = (one) => name(one?.name) || shortName(uriOf(one) ?? "");
const place = (one) => name(one?.name) || one?.gln || "";
const list = (title, items) => items.length > 0 && section(title, h("ul", { class: "sheets" }, items));

function way({ from, to, place: at }) {
  if (from && to) return t("folder-way", { from: place(from), to: place(to) });
  return from ? t("folder-from-place", { place: place(from) }) : to ? t("folder-to-place", { place: place(to) }) : place(at);
}

function temperatureLine({ min, max, mean, count, unit }) {
  const figure = (value) => measured(String(value), unit);
  return h("p", {}, [mean ? t("folder-temperature", { min: figure(min), max: figure(max), mean: figure(mean) }) : min === max ? figure(min) : t("folder-range", { min: figure(min), max: figure(max) }), count && t("folder-readings", { count })].filter(Boolean).join(" · "));
}

export const travel = ({ folder }) =>
  list(t("folder-travel"), (folder.travel ?? []).map((one) => h("li", { class: "sheet" },
    h("h3", {}, icon("truck"), h("span", {}, [t(has(`folder-step-${one.step}`) ? `folder-step-${one.step}` : "folder-step-other"), one.mode && t(`acts-mode-${one.mode}`)].filter(Boolean).join(" · "))),
    h("p", {}, [way(one), one.vehicle && isolated(one.vehicle), one.seal && t("folder-seal", { seal: one.seal })].filter(Boolean).join(" · ")),
    one.temperature && temperatureLine(one.temperature),
    h("p", { class: "help" }, `${signer(one)}, ${moment(one.time)}`), fileButtons(one.files))));

export function handovers({ folder, own, pending }) {
  const waiting = new Set(toConfirm(folder.handovers, own, pending).map(({ record }) => record));
  return list(t("folder-handovers"), (folder.handovers ?? []).map((one) => h("li", { class: "sheet" },
    h("h3", {}, icon("hand"), h("span", {}, t("folder-handed", { from: called(one.from), to: called(one.to) }))),
    h("p", {}, [one.condition && t(`acts-condition-${one.condition}`), one.seal && t("folder-seal", { seal: one.seal })].filter(Boolean).join(" · ")),
    h("p", { class: "help" }, `${signer(one)}, ${moment(one.time)}`),
    one.confirmed
      ? h("p", { class: "state good" }, icon("accepted"), [t("folder-confirmed", { party: signer(one.confirmed), day: moment(one.confirmed.time) }), one.confirmed.condition && t(`acts-condition-${one.confirmed.condition}`)].filter(Boolean).join(" · "))
      : h("p", { class: "state wait" }, icon("waiting"), t("folder-unconfirmed")),
    waiting.has(one.record) && button(t("folder-confirm"), { to: `${path`/handover/of/${folder.shipment}`}?confirms=${encodeURIComponent(bareId(one.record))}`, icon: "signed" }))));
}

const OUTCOMES = { "in-order": ["good", "pass"], advice: ["warn", "note"], "corrective-action": ["bad", "alert"] };

export const visits = ({ folder }) =>
  list(t("folder-visits"), (folder.visits ?? []).map((one) => {
    const [colour, shape] = OUTCOMES[one.outcome] ?? ["", "note"];
    const count = (answer) => (one.checklist ?? []).filter((item) => item.answer === answer).length;
    const answers = (one.checklist ?? []).map(({ item, answer, note }) => h("li", { class: answer === "no" ? "state bad" : "" }, icon(answer === "no" ? "fail" : answer === "yes" ? "accepted" : "note"), h("span", {}, [`${has(`visit-item-${item}`) ? t(`visit-item-${item}`) : item}: ${t(`answer-${answer}`)}`, note && isolated(note)].filter(Boolean).join(". "))));
    return h("li", { class: "sheet" },
      h("h3", {}, icon("people"), h("span", {}, has(`purpose-${one.purpose}`) ? t(`purpose-${one.purpose}`) : one.purpose)),
      h("p", { class: `state ${one.own && colour === "good" ? "" : colour}` }, icon(shape), t(`visit-outcome-${one.outcome}`)),
      one.own && h("p", { class: "help" }, t("folder-visit-own")),
      one.advice && h("p", {}, isolated(one.advice)),
      h("p", { class: "help" }, `${signer(one)}, ${day(one.time)}`),
      answers.length > 0 && h("details", {}, h("summary", {}, t("folder-checked", { yes: count("yes"), no: count("no") })), h("ul", { class: "ticks" }, answers)),
      fileButtons(one.files));
  }));
