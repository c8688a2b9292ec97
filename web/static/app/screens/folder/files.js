// The files of a record: opened by a signed request where the parties alone may read them, shown on the phone or handed on. Their bytes count
// only with the hash that the record names.
import { button, dialog, h, share, UserError } from "../../ui.js";
import { language, t } from "../../i18n.js";
import { show } from "../../numbers.js";
import { fileOf } from "../../folders.js";
import { signedRequest } from "../../network.js";
import { NoAnswer } from "../../node.js";

const ENDINGS = { "application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "text/plain": "txt", "text/csv": "csv" };

const sizeOf = (bytes) => (bytes < 1000 ? `${bytes}\u00a0B` : bytes < 1e6 ? `${Math.round(bytes / 1000)}\u00a0kB` : `${show(String(Math.round(bytes / 1e5) / 10), language())}\u00a0MB`);

async function open(file) {
  let bytes;
  try {
    bytes = await fileOf("", file, (at) => signedRequest("GET", at));
  } catch (error) {
    throw error instanceof NoAnswer ? new UserError(t("no-signal-check")) : error;
  }
  if (!bytes) throw new UserError(t("folder-file-none"));
  const blob = new File([bytes], `${file.documentType}.${ENDINGS[file.mediaType] ?? "bin"}`, { type: file.mediaType });
  if (!file.mediaType.startsWith("image/")) return void (await share(blob, file.title));
  const address = URL.createObjectURL(blob);
  const picture = h("img", { src: address, alt: file.title, class: "picture" });
  const answer = await dialog(file.title, picture, [{ label: t("folder-save"), value: "save" }, { label: t("folder-close"), value: null, kind: "quiet" }]);
  URL.revokeObjectURL(address);
  if (answer === "save") await share(blob, file.title);
}

/** A button for each file, those of payments' openings left out. */
export function fileButtons(files) {
  const shown = (files ?? []).filter(({ documentType }) => documentType !== "payment-opening");
  const isPrivate = shown.some((file) => !file.public);
  return [
    shown.map((file) => button(t("folder-open", { title: file.title, size: sizeOf(file.bytes) }), { icon: file.public ? "doc" : "key", act: () => open(file) })),
    isPrivate && h("p", { class: "help" }, t("folder-private")),
  ];
}
