// Accredits an inspector for commodities, or goes on with an accreditation that ends.

import { bigButton, check, field, h, notice, toast, UserError } from "../../app/ui.js";
import { name, t } from "../../app/i18n.js";
import { plain, shortName } from "../../app/names.js";
import { go, path } from "../../app/router.js";
import * as session from "../../app/session.js";
import * as statements from "../../app/statements.js";
import { scopeName } from "../../app/wording.js";
import { day } from "../fields.js";
import { whole } from "../lists.js";
import { state, whyNot } from "../sign.js";
import { registryOf } from "./party.js";

const YEAR = 365 * 24 * 3600;

export default async function accredit({ party: uri, record }) {
  const back = path`/party/${uri}`;
  const lack = whyNot();
  const title = t(record ? "desk-extend" : "desk-accredit");
  if (lack || !session.me().roles.includes("authority")) return { title, body: notice("warn", lack ?? t("desk-authority-only")), back };
  const [one, profiles] = await Promise.all([registryOf(uri), whole("/profiles")]);
  const before = one.accreditations.find((accreditation) => accreditation.record === record);
  const now = Math.floor(Date.now() / 1000);
  const ids = [...new Set([...profiles.items.map(({ id }) => id.split("/")[0]), ...(before?.scope ?? []).filter((id) => id !== "*")])].sort();
  const boxes = ["*", ...ids].map((id) => [id, check(scopeName(id), { checked: before?.scope.includes(id) ?? false })]);
  const body = field(t("desk-body"), { maxlength: 64, help: t("desk-body-help"), value: before?.body ?? "" });
  const number = field(t("desk-number"), { maxlength: 64, value: before?.number ?? "" });
  const from = day(t("desk-from"), { seconds: before?.from ?? now });
  const until = day(t("desk-until"), { seconds: before ? Math.max(before.until, now) + YEAR : now + YEAR, help: t("desk-until-help") });
  const act = async () => {
    const chosen = boxes.filter(([, box]) => box.input.checked).map(([id]) => id);
    const scope = chosen.includes("*") ? ["*"] : chosen;
    if (scope.length === 0) throw new UserError(t("desk-scope-missing"));
    const [who, what] = [plain(body.input.value).trim(), plain(number.input.value).trim()];
    if (!who || !what) throw new UserError(t("desk-number-missing"));
    // the day that is written is the last one
    const [begin, end] = [from.seconds(), until.seconds() === undefined ? undefined : until.seconds() + 24 * 3600];
    if (begin === undefined || end === undefined || end <= begin) throw new UserError(t("desk-days-wrong"));
    // from is kept as it was, to the second
    const start = before && new Date(before.from * 1000).toISOString().slice(0, 10) === from.text() ? before.from : begin;
    await state(statements.accreditation({ party: uri, scope, body: who, number: what, from: start, until: end, replaces: record }));
    toast(t("desk-done"));
    go(back);
  };
  return {
    title: `${title} · ${name(one.name) || shortName(uri)}`,
    body: [h("fieldset", { class: "boxes" }, h("legend", {}, t("desk-scope")), boxes.map(([, box]) => box.element)), body.element, number.element, h("div", { class: "pair" }, from.element, until.element)],
    action: bigButton(t("desk-sign"), { act, kind: "sign" }),
    back,
  };
}
