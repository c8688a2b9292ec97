// What waits at the desk: requests, accreditations that end, parties that are suspended, records that the ledger does not have.

import { bigButton, h, icon, notice, row, rows, section } from "../../app/ui.js";
import { day, name, t } from "../../app/i18n.js";
import { shortName } from "../../app/names.js";
import { path } from "../../app/router.js";
import * as kept from "../../app/kept.js";
import * as session from "../../app/session.js";
import { signedRequest } from "../../app/network.js";
import { scopeName } from "../../app/wording.js";
import { whole } from "../lists.js";
import { whyNot } from "../sign.js";

// How long before an accreditation ends it is shown.
const AHEAD = 30 * 24 * 3600;
const SHOWN = 8;

async function waiting() {
  const answer = await signedRequest("GET", "/enrolments").catch(() => null);
  return answer?.status === 200 ? answer.json.requests.length : null;
}

/** The accreditations that end soon or have ended since a month, those that end first before the others: [{ party, accreditation, over }]. */
function ending(accredited, now) {
  const all = accredited.flatMap(({ party, accreditations }) => accreditations.map((accreditation) => ({ party, accreditation, over: accreditation.until <= now })));
  return all
    .filter(({ accreditation: { from, until } }) => until > from && until > now - AHEAD && until <= now + AHEAD)
    // what was replaced by one that goes on is no news
    .filter((one) => !all.some((other) => other.party.party === one.party.party && other.accreditation.until > now + AHEAD && one.accreditation.scope.every((id) => other.accreditation.scope.some((more) => more === id || more === "*"))))
    .sort((a, b) => a.accreditation.until - b.accreditation.until);
}

const scope = (ids) => ids.map(scopeName).join(", ");

export default async function home() {
  const lack = whyNot();
  if (!session.me()?.party) return { title: t("desk-title"), body: h("p", { class: "lead" }, t("desk-lead")), action: bigButton(t("desk-choose-key"), { to: "/key", icon: "key" }) };
  const [requests, lists, summary] = await Promise.all([
    lack ? null : waiting(),
    Promise.all([whole("/accreditations"), whole("/parties")]).catch(() => null),
    kept.summary(),
  ]);
  const now = Math.floor(Date.now() / 1000);
  const soon = lists ? ending(lists[0].items, now) : [];
  const suspended = lists ? lists[1].items.filter((one) => one.standing === "suspended") : [];
  const tasks = [
    requests > 0 && row({ icon: "phone", state: "warn", title: t("desk-requests-wait", { count: requests }), to: "/approve" }),
    summary.refused > 0 && row({ icon: "refused", state: "bad", title: t("sync-refused", { count: summary.refused }), to: "/outbox" }),
    summary.unsent > 0 && row({ icon: "queued", state: "wait", title: t("unsent", { count: summary.unsent }), to: "/outbox" }),
    ...soon.slice(0, SHOWN).map(({ party, accreditation, over }) =>
      row({
        icon: "alert", state: over ? "bad" : "warn",
        title: t(over ? "desk-accreditation-over" : "desk-accreditation-ends", { party: name(party.name), day: day(accreditation.until * 1000) }),
        note: `${scope(accreditation.scope)} · ${accreditation.body} ${accreditation.number}`, to: path`/party/${party.party}`,
      })),
    ...suspended.slice(0, SHOWN).map((one) => row({ icon: "hand", state: "warn", title: t("desk-suspended", { party: name(one.name) || shortName(one.party) }), to: path`/party/${one.party}` })),
  ].filter(Boolean);
  return {
    title: t("desk-today"),
    body: [
      lack && notice("warn", lack),
      !lists && notice("wait", t("no-signal-check")),
      tasks.length > 0 ? section(t("needs-you"), rows(tasks)) : lists && h("p", { class: "line good" }, icon("pass"), t("nothing-waits")),
      section(t("desk-do"), rows([
        row({ icon: "scan", title: t("desk-enrol-by-scan"), note: t("desk-enrol-by-scan-note"), to: "/scan?for=request" }),
        row({ icon: "people", title: t("desk-enrol-party"), to: "/party/new" }),
        row({ icon: "phone", title: t("invite-party"), to: "/approve/invite" }),
        row({ icon: "box", title: t("desk-new-product"), to: "/product/new" }),
        row({ icon: "pin", title: t("desk-new-place"), to: "/place/new" }),
        row({ icon: "doc", title: t("desk-put-in-force"), to: "/files" }),
      ])),
      section(t("desk-look"), rows([row({ icon: "pin", title: t("desk-regions"), to: `${location.origin}/regions` }), row({ icon: "box", title: t("desk-lots"), to: `${location.origin}/lots` })])),
    ],
  };
}
