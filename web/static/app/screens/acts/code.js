// A code that is scanned within a form: the card of a member, the label of a container. By the camera, or from a photo. What it is not: the
// screen that leads from a code to goods (screens/scan.js), nor what a text means (scan.js).
import { button, buzz, dialog, h, notice, replaceIn } from "../../ui.js";
import { t } from "../../i18n.js";

/** The text of a code, or null when the person went back. @param accept(text) a sentence why a text is not wanted, else undefined */
export async function scanCode(title, accept = () => undefined) {
  let found = null;
  let camera;
  let ended = false;
  const video = h("video", { playsinline: true, muted: true, "aria-hidden": "true" });
  const view = h("div", { class: "view" }, video, h("div", { class: "aim" }));
  const status = h("div", { "aria-live": "polite" });
  const take = (text) => {
    const wrong = accept(text);
    if (wrong) {
      replaceIn(status, notice("warn", wrong));
      return false;
    }
    found = text;
    buzz("scan");
    view.closest("dialog")?.close();
    return true;
  };
  const denied = (error) => {
    view.hidden = true;
    replaceIn(status, notice("note", t(error?.reason === "denied" ? "camera-denied" : "camera-missing")));
  };
  const begin = async () => {
    const { openCamera } = await import("../../camera.js");
    camera = await openCamera(video, { onText: (text) => !ended && take(text), onEnd: () => !ended && denied() });
    if (ended) camera.stop();
  };
  const file = h("input", { type: "file", accept: "image/*", class: "only-read", tabindex: "-1", "aria-hidden": "true" });
  file.addEventListener("change", async () => {
    const [photo] = file.files;
    if (!photo) return;
    const { readImage } = await import("../../camera.js");
    const text = await readImage(photo).catch(() => undefined);
    file.value = "";
    if (text) take(text);
    else replaceIn(status, notice("warn", t("no-code-in-photo")));
  });
  begin().catch((error) => !ended && denied(error));
  await dialog(title, [view, status, file, button(t("from-photo"), { icon: "photo", act: () => file.click() })], [{ label: t("acts-back"), value: null, kind: "quiet" }]);
  ended = true;
  camera?.stop();
  return found;
}
