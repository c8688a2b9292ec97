// Signs one statement, sends it at once, and says what the ledger made of it. At a desk there is a network; a key file needs one, because the
// command line may have used a number of it meanwhile.

import { UserError } from "../app/ui.js";
import { t } from "../app/i18n.js";
import * as kept from "../app/kept.js";
import * as outbox from "../app/outbox.js";
import * as session from "../app/session.js";
import { synchronise } from "../app/network.js";
import { signStatement } from "../app/screens/signing.js";
import { IN } from "../app/queue.js";
import { sentence } from "../app/wording.js";

/** Whether this device may sign statements: undefined, or why not. */
export function whyNot() {
  const me = session.me();
  if (!me?.party) return t("desk-no-key");
  if (me.purpose !== "admin") return t("needs-admin");
  return undefined;
}

/**
 * Signs and sends. Returns the record. Throws a UserError with the ledger's reason when it is refused: nothing changed, and the number is
 * given up; or when it could not be sent: then it waits in the outbox.
 */
export async function state(statement) {
  const lack = whyNot();
  if (lack) throw new UserError(lack);
  if (session.me().file && (await synchronise()).state === "offline") throw new UserError(t("desk-file-needs-network"));
  const { key } = await signStatement(statement);
  await synchronise().catch(() => {});
  const row = await kept.record(key);
  if (IN.includes(row?.state)) return row;
  if (row?.state === "refused") {
    await outbox.abandon(key, "refused").catch(() => {});
    throw new UserError(t("desk-refused", { why: sentence(row.refused) }));
  }
  throw new UserError(t("desk-waits"));
}
