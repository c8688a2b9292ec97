// Checks the HTTP interface of a running demo with tools of other projects: its OpenAPI document with redocly and spectral, and its
// JSON-LD with jsonld.js, in the mode that refuses to lose a member.
//
//     node api.mjs --node URL --seeded FILE      (FILE: the output of `jejak --json demo`)
//
// Prints one line per check. Each tool is also given a damaged document, which it must refuse: one that accepts everything fails here.
// Nothing is read but the node and files of this repository, and the vocabulary of EPCIS from JEJAK_VECTORS (tests/testdata/README.md).

import { readFile, readdir } from "node:fs/promises";
import { parseArgs } from "node:util";

import { createConfig, lintFromString } from "@redocly/openapi-core";
import spectralCore from "@stoplight/spectral-core";
import { oas } from "@stoplight/spectral-rulesets";
import jsonld from "jsonld";

const { values: args } = parseArgs({ options: { node: { type: "string" }, seeded: { type: "string" } } });
const tally = { passed: 0, failed: 0, skipped: 0 };

async function check(what, body) {
  try {
    await body();
  } catch (error) {
    tally.failed += 1;
    // the errors of jsonld.js say what is wrong in their details
    const why = [error?.message ?? error, error?.details?.event?.message, JSON.stringify(error?.details?.event?.details)];
    console.log(`FAIL  ${what}: ${why.filter(Boolean).join(" ").replaceAll(/\s+/g, " ").slice(0, 600)}`);
    return;
  }
  tally.passed += 1;
  console.log(`ok    ${what}`);
}

function skip(what) {
  tally.skipped += 1;
  console.log(`SKIPPED: ${what}`);
}

function must(good, why) {
  if (!good) throw new Error(why);
}

async function refuses(call) {
  try {
    await call();
  } catch {
    return;
  }
  throw new Error("accepted a damaged document");
}

async function get(path, accept) {
  const answer = await fetch(`${args.node}${path}`, { headers: { accept } });
  must(answer.ok, `${path}: ${answer.status}`);
  return answer.text();
}

/// The problems that redocly finds by its recommended rules.
async function redocly(source) {
  const config = await createConfig({ extends: ["recommended"] });
  const problems = await lintFromString({ source, absoluteRef: "openapi.json", config });
  return problems.map((problem) => `${problem.ruleId}: ${problem.message}`);
}

/// The problems that spectral finds by its rules for OpenAPI.
async function spectral(source) {
  const linter = new spectralCore.Spectral();
  linter.setRuleset({ extends: [oas] });
  const problems = await linter.run(source);
  return problems.map((problem) => `${problem.code} at ${problem.path.join("/")}: ${problem.message}`);
}

function clean(problems) {
  must(problems.length === 0, `${problems.length} problems, such as ${problems.slice(0, 3).join("; ")}`);
}

/// A document with a reference to nothing, and an operation without answers.
function damaged(source) {
  const document = JSON.parse(source);
  const [path] = Object.keys(document.paths);
  const [method] = Object.keys(document.paths[path]);
  document.paths[path][method].responses = { 200: { $ref: "#/components/responses/None" } };
  return JSON.stringify(document);
}

/// Contexts come from files only.
function loader(contexts) {
  return async (url) => {
    const document = contexts.get(url);
    must(document, `${url} is not at hand`);
    return { contextUrl: null, documentUrl: url, document };
  };
}

/// The statements of a document in RDF; fails when a member would be lost.
async function statements(document, documentLoader) {
  const options = { safe: true, documentLoader };
  await jsonld.expand(document, options);
  const nquads = await jsonld.toRDF(document, { ...options, format: "application/n-quads" });
  must(nquads.length > 0, "it states nothing");
  return nquads;
}

/// The texts of a document that its N-Quads must contain as they are: printable ASCII of more than 8 characters, without quotes and
/// backslashes, in members whose names do not begin with `@`.
function literals(value, found = new Set()) {
  if (Array.isArray(value)) value.forEach((item) => literals(item, found));
  else if (value && typeof value === "object") {
    for (const [name, item] of Object.entries(value)) if (!name.startsWith("@")) literals(item, found);
  } else if (typeof value === "string" && value.length > 8 && /^[\x20-\x7e]*$/.test(value) && !/["\\]/.test(value)) found.add(value);
  return found;
}

async function openapi() {
  const source = await get("/openapi.json", "application/json");
  for (const [name, lint] of [["redocly", redocly], ["spectral", spectral]]) {
    await check(`${name}: the OpenAPI document has no error and no warning`, async () => {
      clean(await lint(source));
      await refuses(async () => clean(await lint(damaged(source))));
    });
  }
}

async function linkedData() {
  const seeded = JSON.parse(await readFile(args.seeded, "utf8"));
  const lots = seeded.lots.map((lot) => lot.lot.replace("https://id.gs1.org", ""));
  must(lots.length > 0, "the demo has no lots");
  const none = loader(new Map());
  const gtin = lots[0].slice(0, "/01/00000000000000".length);
  for (const path of [...lots, gtin]) {
    await check(`jsonld: ${path} keeps its members`, async () => {
      const document = JSON.parse(await get(path, "application/ld+json"));
      const nquads = await statements(document, none);
      const lost = [...literals(document)].filter((text) => !nquads.includes(text));
      must(lost.length === 0, `without ${lost.slice(0, 3).join("; ")}`);
      const changed = structuredClone(document);
      changed["member of no vocabulary"] = "lost";
      await refuses(() => statements(changed, none));
    });
  }
  const vectors = process.env.JEJAK_VECTORS;
  if (!vectors) {
    skip("jsonld: events as an EPCISDocument: JEJAK_VECTORS is not set (tests/testdata/README.md)");
    return;
  }
  // the context that GS1 serves as one file is made of these
  const folder = `${vectors}/epcis/JSON-LD-Context`;
  const contexts = new Map();
  for (const file of (await readdir(folder)).filter((name) => name.endsWith(".jsonld"))) {
    contexts.set(`https://gs1.github.io/EPCIS/${file}`, JSON.parse(await readFile(`${folder}/${file}`, "utf8")));
  }
  const root = contexts.get("https://gs1.github.io/EPCIS/epcis-context-root.jsonld");
  contexts.set("https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld", root);
  const documentLoader = loader(contexts);
  for (const path of lots) {
    const [, , number, , lot] = path.split("/");
    await check(`jsonld: the events of ${path} are one EPCISDocument`, async () => {
      const document = JSON.parse(await get(`/lots/${number}/${lot}/events`, "application/ld+json"));
      must(document.type === "EPCISDocument", `it is ${document.type}`);
      const nquads = await statements(document, documentLoader);
      must(nquads.includes("urn:jejak:"), "no member of the ledger is in it");
    });
  }
}

for (const part of [openapi, linkedData]) {
  try {
    await part();
  } catch (error) {
    // outside a check: the others still run
    await check(part.name, () => Promise.reject(error));
  }
}
console.log(`interface: ${tally.passed} passed, ${tally.failed} failed${tally.skipped ? `, ${tally.skipped} skipped` : ""}`);
process.exitCode = tally.failed > 0 ? 1 : 0;
