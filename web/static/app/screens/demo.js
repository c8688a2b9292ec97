// A demo's person on this phone: the key is public and of no worth, taken only from a ledger whose first entry says demo. A key that is
// there is never replaced.

import { answered, bigButton, h, notice } from "../ui.js";
import { name, t } from "../i18n.js";
import { shortName } from "../names.js";
import { go } from "../router.js";
import * as outbox from "../outbox.js";
import * as session from "../session.js";
import { importSeed } from "../key.js";
import { getJson, ledgerHere, synchronise } from "../network.js";
import { roleNames } from "./enrol.js";
import { lacking } from "./start.js";

export default async function demo({ number }) {
  const lack = await lacking();
  const title = t("demo-title");
  if (lack) return { title, body: lack };
  let person, here;
  try {
    person = await getJson(`/demo/keys/${encodeURIComponent(number)}`);
    here = await ledgerHere();
  } catch (error) {
    const why = error.status ? t("demo-not-here") : t("no-signal-check");
    return { title, body: notice("warn", why), back: "/home" };
  }
  const me = session.me();
  // a demo that was begun anew is another ledger, and nothing of the old one is worth anything
  const isOver = me?.demo && me.ledger !== here.ledger;
  if (me?.demo && !isOver && me.party === person.party) return go("/home");
  if (me?.key && !isOver) {
    return {
      title,
      body: [notice("warn", t("demo-key-there", { party: name(me.name) || shortName(me.party ?? "") }), h("p", {}, t("demo-key-there-what")))],
      action: bigButton(t("home"), { to: "/home" }),
      back: "/home",
    };
  }
  const { roles } = person;
  const act = async () => {
    if (isOver) {
      await outbox.dropDemo(me.ledger);
      await session.leave();
    }
    const { public: key, weak } = await importSeed(person.secret, { demo: true });
    await session.update({ ...here, key, weak, party: person.party, name: person.name, roles, purpose: person.purpose, demo: true, enrolled: true });
    await synchronise().catch(() => {});
    go("/home");
  };
  return {
    title,
    body: [
      notice("note", t("demo-what")),
      answered(t("party"), name(person.name) || shortName(person.party)),
      answered(t("role"), roleNames(roles)),
    ],
    action: bigButton(t("demo-begin"), { act }),
    back: "/start",
  };
}
