// Lots by their GS1 URI: product and number.

/** {gtin, number} of the URI of a lot. */
export function lotParts(uri) {
  const found = /\/01\/(\d{14})\/10\/([^/?#]+)$/.exec(uri ?? "");
  return found ? { gtin: found[1], number: decodeURIComponent(found[2]) } : undefined;
}

export const lotUri = (gtin, number) => `https://id.gs1.org/01/${gtin}/10/${encodeURIComponent(number)}`;
