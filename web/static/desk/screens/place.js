// Registers a place, with the next free GLN of a prefix, or changes one.

import { answered, bigButton, field, h, notice, replaceIn, toast, UserError } from "../../app/ui.js";
import { name, t } from "../../app/i18n.js";
import { go } from "../../app/router.js";
import * as session from "../../app/session.js";
import * as statements from "../../app/statements.js";
import { list, names, region } from "../fields.js";
import { freeGln, whole } from "../lists.js";
import { state, whyNot } from "../sign.js";
import { prefixes, taken } from "./owned.js";

const KINDS = ["village", "collection", "processing", "laboratory", "port", "warehouse", "airport", "office"];

// Degrees with at most two decimals: a village, not a house.
function near(text) {
  const typed = text.trim();
  if (!typed) return undefined;
  const found = /^(-?\d{1,2}(?:\.\d+)?)\s*[,; ]\s*(-?\d{1,3}(?:\.\d+)?)$/.exec(typed);
  const [latitude, longitude] = (found ?? []).slice(1).map(Number);
  if (!found || Math.abs(latitude) > 90 || Math.abs(longitude) > 180) throw new UserError(t("desk-near-wrong"));
  return [latitude, longitude].map((degrees) => String(Math.round(degrees * 100) / 100)).join(",");
}

export default async function place({ gln }) {
  const before = gln ? (await whole(`/places?prefix=${gln.slice(0, 12)}`)).items.find((one) => one.gln === gln) : null;
  const title = before ? name(before.name) || gln : t("desk-new-place");
  const lack = whyNot() ?? (before && before.owner !== session.me().party ? t("desk-not-owner") : undefined);
  if (lack && !before) return { title, body: notice("warn", lack), back: "/places" };
  const can = before ? [] : await prefixes();
  if (!before && can.length === 0) return { title, body: notice("warn", t("desk-no-own-prefix"), h("p", {}, t("desk-no-own-prefix-what"))), back: "/places" };
  const called = names(t("desk-place-name"), before?.name);
  const where = h("div", { "aria-live": "polite" });
  let number = gln;
  const prefix = list(t("desk-prefix"), can.map((one) => [one.prefix, one.label]), { help: t("desk-prefix-help"), onchange: next });
  async function next() {
    const one = can.find((each) => each.prefix === prefix.input.value);
    if (!one) return;
    number = freeGln(one.prefix, await taken("places", one.prefix, "gln"), one.lent);
    replaceIn(where, number ? answered("GLN", number) : notice("bad", t("desk-no-range-left")));
  }
  const kind = list(t("desk-place-kind"), KINDS.map((one) => [one, t(`desk-kind-${one}`)]), { value: before?.kind });
  const area = region(before?.region);
  const point = field(t("desk-near"), { help: t("desk-near-help"), maxlength: 30, value: before?.near ?? "" });
  const act = async () => {
    if (!number) throw new UserError(t("desk-no-range-left"));
    await state(statements.place({
      gln: number, name: called.value(), kind: kind.input.value, country: before?.country ?? "ID", region: area.value(), near: near(point.input.value), replaces: before?.record,
    }));
    toast(t("desk-done"));
    go("/places");
  };
  if (!before) await next();
  return {
    title,
    body: [lack && notice("warn", lack), called.element, before ? answered("GLN", gln) : [prefix.element, where], kind.element, area.element, point.element],
    action: lack ? null : bigButton(t("desk-sign"), { act, kind: "sign" }),
    back: "/places",
  };
}
