// Ends a key of a party: lost, replaced, left, or stolen since a time.

import { answered, bigButton, choice, field, h, notice, technical, toast, UserError } from "../../app/ui.js";
import { name, t } from "../../app/i18n.js";
import { shortName } from "../../app/names.js";
import { go, path } from "../../app/router.js";
import * as statements from "../../app/statements.js";
import { state, whyNot } from "../sign.js";
import { registryOf } from "./party.js";

export default async function endKey({ party: uri, key }) {
  const back = path`/party/${uri}`;
  const lack = whyNot();
  if (lack) return { title: t("end-key"), body: notice("warn", lack), back };
  const one = await registryOf(uri);
  const now = new Date();
  const local = new Date(now - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  const since = field(t("stolen-since"), { type: "datetime-local", max: local, value: local, help: t("stolen-since-help") });
  since.element.hidden = true;
  const why = choice(t("what-happened"), [
    { value: "lost", label: t("lost-or-broken"), note: t("lost-or-broken-note") },
    { value: "compromised", label: t("stolen"), note: t("stolen-note") },
    { value: "left", label: t("desk-left"), note: t("desk-left-note") },
    { value: "replaced", label: t("desk-replaced") },
  ], { onchange: (value) => (since.element.hidden = value !== "compromised") });
  const act = async () => {
    const reason = why.value();
    if (!reason) throw new UserError(t("say-what-happened"));
    const compromisedSince = reason === "compromised" ? Math.floor(new Date(since.input.value).getTime() / 1000) : undefined;
    if (reason === "compromised" && !Number.isSafeInteger(compromisedSince)) throw new UserError(t("say-since-when"));
    await state(statements.keyRevocation({ key, reason, compromisedSince }));
    toast(t("desk-done"));
    go(back);
  };
  return {
    title: t("end-key"),
    body: [answered(t("party"), name(one.name) || shortName(uri)), why.element, since.element, h("p", { class: "help" }, t("desk-end-for-good")), technical([[t("key"), key]])],
    action: bigButton(t("end-key"), { act, kind: "danger" }),
    back,
  };
}
