// Compares the file of a document, as its link leads to it, with the hash that was signed. Loaded when a reader asks for it.

import { base32 } from "./bytes.js";
import { blake3 } from "./blake3.js";

// The sentence of `words` on the document of a line of the page; `get(url)` fetches. Throws when the file can't be had.
export async function compared(line, get, words) {
  // what the reader would open
  const answer = await get(line.querySelector("a[href]").href);
  if (!answer.ok) throw new Error(String(answer.status));
  const hash = base32(blake3(new Uint8Array(await answer.arrayBuffer())));
  return words[hash === line.dataset.document ? "file-same" : "file-differs"];
}
