// What tells the phones of a party apart in the numbers that they give to lots, containers and samples: letters by the number of the phone's
// key among all keys of the party, which the kit says. No two phones of a party ever have the same. Digits follow it, so that it has none.

const A = "A".charCodeAt(0);
const letter = (n) => String.fromCharCode(A + n);
const TWO = 26 + 26 * 26;

// Before the node has said the number: three letters of the key, so that it is no number's; two phones have the same once in 17,576 times.
const ofKey = (key) => [...key.slice(0, 3)].map((one, i) => (/[a-z]/.test(one) ? one.toUpperCase() : letter((Number(one) + 7 * i) % 26))).join("");

/** The mark of the phone with this key. @param keys of the kit: [{key, number}] */
export function markOf(key, keys) {
  const number = keys?.find((one) => one.key === key)?.number;
  if (number === undefined || number >= TWO) return ofKey(key);
  return number < 26 ? letter(number) : letter(Math.floor(number / 26) - 1) + letter(number % 26);
}

/** The number of a mark; undefined for one that is made of a key. */
export function numberOf(mark) {
  if (!/^[A-Z]{1,2}$/.test(mark)) return undefined;
  const [last, first] = [mark.charCodeAt(mark.length - 1) - A, mark.length > 1 ? mark.charCodeAt(0) - A + 1 : 0];
  return first * 26 + last;
}
