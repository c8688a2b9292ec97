// A key of this device, admitted by the key file that is open: from then on the file can stay in its drawer.

import { bigButton, choice, field, h, notice, toast } from "../../app/ui.js";
import { t } from "../../app/i18n.js";
import { plain } from "../../app/names.js";
import { go } from "../../app/router.js";
import * as session from "../../app/session.js";
import * as statements from "../../app/statements.js";
import { closeFiles, createKey, provePossession } from "../../app/key.js";
import { join } from "../../app/identity.js";
import { synchronise } from "../../app/network.js";
import { state } from "../sign.js";

export default async function device() {
  const me = session.me();
  if (!me?.file || me.roles.includes("authority")) return go("/key");
  const label = field(t("desk-device-name"), { help: t("desk-device-name-help"), maxlength: 60 });
  const rights = choice(t("rights"), ["admin", "event"].map((value) => ({ value, label: t(`purpose-${value}`), note: t(`purpose-${value}-note`) })), { value: "admin" });
  const act = async () => {
    const { ledger, log, party, roles, name, demo, node } = me;
    const purpose = rights.value();
    const { public: key } = await createKey({ label: plain(label.input.value).trim() || undefined });
    const possession = await provePossession(ledger, party, purpose, key);
    await state(statements.key({ party, key, purpose, possession, label: plain(label.input.value).trim() || undefined }));
    // who signs from now on: the file is closed
    await join({ node, ledger, log, party, roles, purpose, key, demo, name });
    closeFiles();
    await session.use(key);
    await session.update({ enrolled: true });
    await synchronise().catch(() => {});
    toast(t("desk-device-done"));
    go("/home");
  };
  return {
    title: t("desk-key-make"),
    body: [h("p", { class: "lead" }, t("desk-device-lead")), label.element, rights.element, notice("note", t("desk-device-lost"))],
    action: bigButton(t("desk-sign"), { act, kind: "sign" }),
    back: "/key",
  };
}
