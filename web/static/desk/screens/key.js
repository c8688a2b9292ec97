// Who signs at this desk: the key of this device, or that of a file, which is opened for this page only and kept nowhere.

import { answered, bigButton, button, field, h, notice, section, technical, toast, UserError } from "../../app/ui.js";
import { name, t } from "../../app/i18n.js";
import { shortName } from "../../app/names.js";
import { go, refresh } from "../../app/router.js";
import * as session from "../../app/session.js";
import { closeFiles, openSeed } from "../../app/key.js";
import { getJson, ledgerHere, synchronise } from "../../app/network.js";
import { roleNames } from "../../app/screens/enrol.js";
import { lacking } from "../../app/screens/start.js";
import { isEncrypted, seedFrom } from "../pem.js";

// Larger than any key file.
const MOST = 64 * 1024;

async function open(file, passphrase) {
  if (!file) throw new UserError(t("pem-choose"));
  if (file.size > MOST) throw new UserError(t("pem-none"));
  const seed = await seedFrom(await file.text(), new TextEncoder().encode(passphrase));
  const here = await ledgerHere();
  const { public: key, weak } = await openSeed(seed);
  const found = await getJson(`/keys/${key}`).catch((error) => {
    if (error.status === 404) return null;
    throw new UserError(t("no-signal-check"));
  });
  if (!found?.party || !found.active) {
    closeFiles();
    throw new UserError(t(found?.party ? "desk-key-ended" : "desk-key-unknown"));
  }
  const party = await getJson(`/parties/${encodeURIComponent(shortName(found.party))}`);
  await session.hold({ ...here, key, weak, party: found.party, roles: party.roles, purpose: found.purpose, name: party.name, demo: party.demo });
  await synchronise().catch(() => {});
}

function fileForm() {
  const input = h("input", { type: "file", id: "key-file", accept: ".pem,application/x-pem-file,text/plain" });
  const passphrase = field(t("desk-passphrase"), { type: "password", autocomplete: "off", help: t("desk-passphrase-help") });
  input.addEventListener("change", async () => {
    const plain = input.files[0] && input.files[0].size <= MOST && !isEncrypted(await input.files[0].text());
    passphrase.element.hidden = Boolean(plain);
  });
  const act = async () => {
    try {
      await open(input.files[0], passphrase.input.value);
    } finally {
      passphrase.input.value = "";
    }
    go("/home");
  };
  return section(t("desk-key-file"), h("p", {}, t("desk-key-file-what")), h("div", { class: "field" }, h("label", { for: "key-file" }, t("desk-key-file-choose")), input), passphrase.element, bigButton(t("desk-key-open"), { act, icon: "key" }));
}

async function close() {
  closeFiles();
  await session.hold(null);
  toast(t("desk-key-closed"));
  refresh();
}

async function device(me) {
  const all = (await session.identities()).filter((one) => !one.file);
  const use = (one) => button(t("desk-use-this", { party: name(one.name) || shortName(one.party) }), { icon: "key", act: async () => { closeFiles(); await session.use(one.key); refresh(); } });
  const others = all.filter((one) => one.key !== me?.key);
  const ways = [
    ...others.map(use),
    // a new admin key of the authority is the successor that it committed to (rule admin-by-rotation): that is a file
    me?.file && me.purpose === "admin" && !me.roles.includes("authority") && button(t("desk-key-make"), { to: "/key/device", icon: "plus" }),
    !me?.party && button(t("desk-key-ask"), { to: `${location.origin}/app/#/start`, icon: "phone" }),
  ].filter(Boolean);
  return ways.length > 0 && section(t("desk-key-device"), h("p", {}, t("desk-key-device-what")), ways);
}

export default async function key() {
  const lack = await lacking();
  if (lack) return { title: t("desk-who-signs"), body: lack };
  const me = session.me();
  const now = me?.party && [
    answered(t("party"), name(me.name) || shortName(me.party)),
    answered(t("role"), roleNames(me.roles)),
    answered(t("rights"), t(`purpose-${me.purpose}`)),
    answered(t("key"), t(me.file ? "desk-key-from-file" : "desk-key-from-device")),
    me.purpose !== "admin" && notice("warn", t("needs-admin")),
    technical([[t("key"), me.key], [t("ledger"), me.ledger], [t("log-key"), me.log]]),
    me.file && button(t("desk-key-close"), { act: close, icon: "close" }),
  ];
  const sure = me?.file ? [] : fileForm();
  return { title: t("desk-who-signs"), body: [h("p", { class: "lead" }, t("desk-key-lead")), now, sure, await device(me)], back: me?.party ? "/home" : undefined };
}
