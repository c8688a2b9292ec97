// Base64url without padding (RFC 4648 section 5): records in outbox files, codes that carry JSON, public keys.

import { Refused } from "../bytes.js";

export function toBase64url(bytes) {
  let binary = "";
  // a call takes no more arguments than a stack holds
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes of a text. Throws Refused. */
export function fromBase64url(text) {
  try {
    return Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  } catch {
    throw new Refused("not base64url");
  }
}
