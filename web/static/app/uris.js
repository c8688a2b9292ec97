// Things of the ledger by their URIs: a lot is product and number (GS1 Digital Link), a record its id.

/** {gtin, number} of the URI of a lot. */
export function lotParts(uri) {
  const found = /\/01\/(\d{14})\/10\/([^/?#]+)$/.exec(uri ?? "");
  return found ? { gtin: found[1], number: decodeURIComponent(found[2]) } : undefined;
}

export const lotUri = (gtin, number) => `https://id.gs1.org/01/${gtin}/10/${encodeURIComponent(number)}`;

const RECORD = "urn:jejak:record:";

/** The record's id as a URI, from the id or the URI. */
export const recordUri = (id) => (id.startsWith(RECORD) ? id : RECORD + id);

/** The bare id of a record's URI. */
export const bareId = (uri) => (uri.startsWith(RECORD) ? uri.slice(RECORD.length) : uri);
