// A code to be read by another phone, drawn from the `qr` package's matrix. Black on white also in the dark.

const SVG = "http://www.w3.org/2000/svg";
const QUIET = 4;

// `alt` says what the code is for.
export function qr(text, alt) {
  const holder = document.createElementNS(SVG, "svg");
  holder.setAttribute("role", "img");
  holder.setAttribute("aria-label", alt);
  import("../vendor/qr/index.js").then(({ default: encodeQR }) => {
    const rows = encodeQR(text, "raw", { ecc: "low", border: QUIET });
    holder.setAttribute("viewBox", `0 0 ${rows.length} ${rows.length}`);
    holder.setAttribute("shape-rendering", "crispEdges");
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", rows.map((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : "")).join("")).join(""));
    holder.append(path);
  }).catch((error) => console.warn(error));
  return holder;
}
