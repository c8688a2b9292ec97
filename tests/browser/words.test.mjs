// The app's sentences, without a browser: every language has the same ones, each can be formatted, none is too long, the modules name no
// sentence that is not there; and the Fluent modules are the published ones.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

import { ACTS } from "../../web/static/app/events.js";
import { models } from "../../web/static/app/forms/index.js";
import { FluentBundle, FluentResource } from "../../web/static/vendor/fluent/index.js";

const web = new URL("../../web/", import.meta.url);
const read = (name) => readFileSync(new URL(name, web), "utf8");
const tags = { id: "id", en: "en", zh: "zh-Hans" };
const files = ["app", "acts", "folder", "checks", "desk"].filter((name) => readdirSync(new URL("locales", web)).includes(`${name}.id.ftl`));

function bundle(lang) {
  const made = new FluentBundle(tags[lang], { useIsolating: false });
  for (const file of files) {
    const resource = new FluentResource(read(`locales/${file}.${lang}.ftl`));
    assert.deepEqual(made.addResource(resource, { allowOverrides: true }), [], `${file}.${lang}`);
  }
  return made;
}
const bundles = Object.fromEntries(Object.keys(tags).map((lang) => [lang, bundle(lang)]));
const keys = (lang) => [...bundles[lang]._messages.keys()].sort();
// any value for any name
const values = new Proxy({}, { get: (_, name) => (name === "count" ? 2 : "x"), has: () => true, getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: "x" }), ownKeys: () => [] });

test("every language has the same sentences, and each can be formatted", () => {
  for (const lang of Object.keys(tags)) {
    assert.deepEqual(keys(lang), keys("id"), lang);
    for (const key of keys(lang)) {
      const errors = [];
      assert.ok(bundles[lang].formatPattern(bundles[lang].getMessage(key).value, values, errors), `${lang} ${key}`);
      assert.deepEqual(errors, [], `${lang} ${key}`);
    }
  }
});

test("a sentence has the same values in every language", () => {
  const named = (lang, key) => [...new Set(JSON.stringify(bundles[lang].getMessage(key).value).match(/"type":"var","name":"[a-z-]+"/gi))].sort();
  for (const key of keys("id")) for (const lang of ["en", "zh"]) assert.deepEqual(named(lang, key), named("id", key), `${lang} ${key}`);
});

test("an Indonesian sentence of the common screens has at most 12 words", () => {
  const text = new FluentBundle("id", { useIsolating: false });
  text.addResource(new FluentResource(read("locales/app.id.ftl")));
  const long = [...text._messages.keys()].filter((key) => text.formatPattern(text.getMessage(key).value, values, []).split(/\s+/).length > 12);
  assert.deepEqual(long, ["ask-text"].filter((key) => long.includes(key)));
});

test("every sentence that a form's model names is there, with its reason and its button where one is asked", () => {
  const folder = new URL("static/app/forms/", web);
  const missing = [];
  const want = (name, key) => bundles.id.hasMessage(key) || missing.push(`${name}: ${key}`);
  for (const name of readdirSync(folder)) {
    const text = readFileSync(new URL(name, folder), "utf8");
    // a word of a closed list stands behind the name of the list
    for (const [, key] of text.matchAll(/"(acts-[a-z-]+)"/g)) if (!keys("id").some((one) => one.startsWith(`${key}-`))) want(name, key);
    for (const [, key] of text.matchAll(/"(acts-caution-[a-z-]+)"/g)) for (const end of ["", "-why", "-go"]) want(name, key + end);
    for (const [, key] of text.matchAll(/"(acts-(?:none|holds-of)-[a-z-]+)"/g)) for (const end of ["", "-why"]) want(name, key + end);
    for (const [, error] of text.matchAll(/error: "([a-z-]+)"/g)) want(name, `acts-${error}`);
  }
  for (const error of ["too-fine", "too-large"]) want("units.js", `acts-${error}`);
  assert.deepEqual(missing, []);
});

test("the modules name no sentence that is not there", () => {
  const modules = ["app", "desk"].flatMap((part) => readdirSync(new URL(`static/${part}/`, web), { recursive: true }).map((name) => `static/${part}/${name}`));
  const rules = read("locales/rules.id.ftl");
  const missing = [];
  for (const name of modules.filter((one) => one.endsWith(".js"))) {
    for (const [, key] of read(name).matchAll(/\bt\((?:[^()"]*\? )?"([a-z0-9-]+)"/gi)) {
      if (!bundles.id.hasMessage(key) && !rules.includes(`\n${key} =`)) missing.push(`${name}: ${key}`);
    }
  }
  assert.deepEqual(missing, []);
});

test("the desk's sentences are used, and are its own", () => {
  const folder = new URL("static/desk/", web);
  const source = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".js")).map((name) => readFileSync(new URL(name, folder), "utf8")).join("\n");
  const own = [...read("locales/desk.id.ftl").matchAll(/^([a-z][a-z0-9-]*) =/gm)].map(([, key]) => key);
  // the end of some is put together: desk-kind-${kind}
  const begins = [...source.matchAll(/t\(`((?:desk|pem)-[a-z-]+)\$/g)].map(([, begin]) => begin);
  assert.deepEqual(own.filter((key) => !source.includes(`"${key}"`) && !begins.some((begin) => key.startsWith(begin))), []);
  assert.deepEqual(own.filter((key) => read("locales/app.id.ftl").includes(`\n${key} =`) || read("locales/acts.id.ftl").includes(`\n${key} =`)), []);
});

test("each state of a record, and each fault of the core, has its sentences", () => {
  const states = ["draft", "signed", "queued", "sent", "accepted", "verified", "waiting", "refused", "abandoned", "conflict"];
  // of one that was refused its screen says the rule
  const wanted = states.flatMap((state) => [`state-${state}`, state !== "refused" && `state-${state}-means`]).filter(Boolean);
  const faults = read("static/app/outbox.js").matchAll(/new CoreError\("([a-z-]+)"/g);
  for (const [, code] of faults) if (!["clock-behind", "clock-ahead", "has-a-number"].includes(code)) wanted.push(`fault-${code}`);
  assert.ok(wanted.length > 25, wanted.join());
  assert.deepEqual(wanted.filter((key) => !bundles.id.hasMessage(key)), []);
});

test("each form, and each act that is signed, has a name for its rows", () => {
  const named = (act) => ["act-", "do-", "acts-title-"].some((kind) => bundles.id.hasMessage(kind + act));
  assert.deepEqual([...Object.keys(models), ...ACTS, "inspect", "correct", "registry"].filter((act) => !named(act)), []);
});

test("the Fluent modules are those of the package that the lock file names", () => {
  const lock = JSON.parse(readFileSync(new URL("package-lock.json", import.meta.url), "utf8"));
  const { version, license } = lock.packages["node_modules/@fluent/bundle"];
  const folder = new URL("node_modules/@fluent/bundle/", import.meta.url);
  assert.equal(JSON.parse(readFileSync(new URL("package.json", folder), "utf8")).version, version);
  assert.equal(license, "Apache-2.0");
  assert.match(read("static/vendor/fluent/LICENSE"), /Apache License\s+Version 2\.0/);
  const names = readdirSync(new URL("esm", folder)).filter((name) => name.endsWith(".js"));
  assert.deepEqual(readdirSync(new URL("static/vendor/fluent", web)).filter((name) => name.endsWith(".js")), names);
  for (const name of names) assert.equal(read(`static/vendor/fluent/${name}`), readFileSync(new URL(`esm/${name}`, folder), "utf8"), name);
});
