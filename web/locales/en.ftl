# English. The same keys stand in id.ftl and zh.ftl, in the same order; a test compares them.
## States of the verification page (words fixed by docs/rules.md, "Headline")
state-verified = Verified
state-findings = Verified, with findings
state-failed = Failed inspection
state-withdrawn = Withdrawn
state-held = On hold
state-recalled = Recalled
state-broken = Proof broken: do not trust
state-old = This copy is old
state-never-issued = This code was never issued
state-copied = This code may be a copy
state-unknown = Not found
state-not-inspected = Not inspected
state-no-verdict = Tested, no verdict
state-tested = Passed what was tested
state-partly-tested = Partly tested
state-unchecked = Not checked yet
also-findings = Findings

## Frame of every page
skip = Skip to the content
language = Language
demo = Demonstration: people, places and numbers on this ledger are made up.
foot = Jejak keeps signed records of a product's way from the village to export. No cookies, no tracking.
sections = Parts of this page
go-home = To the start page
see-record = Signed record
pair = { $label }: { $value }
comma = { $first }, { $second }

## How the language writes numbers, dates and lists (the spaces in dates and times do not break)
decimal-point = .
group-separator = ,
months = Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec
date = { $day } { $month } { $year }
date-range-in-month = { $first-day }–{ $last }
date-range-in-year = { $first-day } { $first-month } – { $last }
date-range = { $first } – { $last }
time = { $hour }:{ $minute }
moment = { $date }, { $time } { $zone }
zone-ID-420 = UTC+7
zone-ID-480 = UTC+8
zone-ID-540 = UTC+9
list = { $first }, { $second }
region-kabupaten = { $name } Regency
region-kota = { $name } City
region-provinsi = { $name } Province
region-coded = { $name } ({ $code })

## Verdict band
scope-complete = Judged for { $market }: every test that it asks for was made and passed.
scope-monitored = Judged for { $market }: every test that it asks for was made and passed, or is covered by monitoring of the place of harvest ({ $monitored }).
scope-advisory = Judged for { $market }. Tested: { $tested }. The list of tests for this market is uncertain: it only advises.
scope-lacking = Judged for { $market }. Lacking: { $lacking }.
scope-no-list = Judged for { $market }, for which there is no list of what a complete test is. Tested: { $tested }.
scope-closed = { $market } is closed for these goods: no test opens it.
scope-unknown = No requirement for these goods knows the market { $market }.
scope-none = Judged for { $market }. No result counts yet.
scope-brief = Judged for { $market }. Tests that are lacking: { $n }.
scope-monitored-brief = Judged for { $market }: complete, in part by monitoring of the place of harvest.
scope-adopted-brief = Specifications to keep to: { $n }.
scope-or = { $first } or { $second }
scope-claim = { $parameter } (or state: { $claim })
monitoring-covers = Monitoring of { $place } from { $from } to { $until } by { $by } covers: { $parameters }.
monitoring-failed = Monitoring of { $place } from { $from } to { $until } by { $by } found outside the limit: { $parameters }.
scope-adopted = It must keep to { $specifications } as well.
tally-checks = { $passed } of { $total } checks passed
tally-checks-open = { $passed } of { $total } checks passed ({ $open } not checked)
tally-genuine = Records genuine: { $checks }
tally-genuine-bad = Genuine records say so: { $checks }
tally-none = The record is not in a published checkpoint yet. Reload in a moment.
tally-later = This lot has so many records that the server checks their proof in the background. Load the page again in a few minutes.
tally-never = This lot has too many records for this server to check. Check the whole ledger instead: jejak audit
checked-by-server = Checked by the server only
checked-later = Not checked on this device: too many records
by-server = computed by the server
list-not-checked = Not checked on this device: open a lot to check it.
phone-checking = Checked by the server; this device is checking now …
phone-passed = by the server; signatures and facts on this device too, %seconds% s
phone-detail = This device checked %signatures% signatures, their place in the log, who may sign, and %facts% statements of this page, amounts and limits among them. The quantity balance and all other rules were checked by the server only.
phone-seen = %keys% keys of %parties% parties had seen this history when they signed, up to %size% entries.
phone-cosigned = Independent witnesses that cosigned it: %names%.
phone-stale = Made before the newest records, or from an old copy: load it again to check it here.
phone-server-only = Checked by the server only: this browser can't check signatures
phone-no-proof = Checked by the server only: the proof did not arrive
phone-no-modules = Checked by the server only: a part of the check did not load
phone-no-history = Checked by the server only: the log's earlier state could not be compared
phone-unable = Checked by the server only: this browser stopped during the check
phone-translated = Checked by the server only: this browser translated the page; show the original to check it here
phone-fonts = Checked by the server only: this page is drawn in fonts or styles of its own
phone-failing = This device found a check that does not hold: %check%

## First screen
lot = Lot
lot-description = { $product }, lot { $lot }: { $verdict }. Who made it, who tested it, and the proof.
made-by = Made by { $party }
origin-unknown = Origin not stated
steps-more = { $n ->
    [one] { $n } record between the first and the last is not shown here.
   *[other] { $n } records between the first and the last are not shown here.
}
steps-all = All records (JSON)
step-more = { $n ->
    [one] and { $n } more item
   *[other] and { $n } more items
}
tests-more = { $n ->
    [one] { $n } more test is not shown here.
   *[other] { $n } more tests are not shown here.
}
findings-rest = { $n ->
    [one] { $n } older finding is not shown here.
   *[other] { $n } older findings are not shown here.
}
documents-more = { $n ->
    [one] { $n } older document is not shown here.
   *[other] { $n } older documents are not shown here.
}
holds-more = { $n ->
    [one] { $n } more hold is not shown here.
   *[other] { $n } more holds are not shown here.
}
specifications-more = { $n ->
    [one] { $n } more specification is not named here.
   *[other] { $n } more specifications are not named here.
}
origins-rest = { $n ->
    [one] and { $n } more harvest
   *[other] and { $n } more harvests
}
self-check-parts = The proof of this lot has so many records that it comes in several files. This command fetches and checks them all:
origin-more = { $n ->
    [one] and one more place
   *[other] and { $n } more places
}
harvested = { $done } { $when }
inspected-pass = Passed inspection · { $when }
inspected-fail = Failed inspection · { $when }
inspected-inconclusive = Inspection without a clear result · { $when }
inspected-unjudged = Tested, not judged · { $when }
cured-by-test = An earlier test failed; a later test passed.
cured-by-process = An earlier test failed; the goods were processed since in a way that the standard accepts.
cured-of = It was a test of lot { $lot }, from which this lot comes.
withdrawn-why = The record that made this lot was found wrong and voided: there is no such lot.
not-inspected = No test result yet
not-inspected-itself = This lot itself has not been tested
source-inspected = Source lot { $lot }: { $result }
by = by { $party }
recall-none = No recall, no hold
recall-lifted = An earlier hold was lifted
recalled = Recalled on { $when }
on-hold = On hold since { $when }
findings-more = { $n ->
    [one] and one more finding below
   *[other] and { $n } more findings below
}
serial-issued = Pack { $serial }: one of { $issued } issued. This page was opened { $scans } times.
serial-first = First opened { $first }.
serial-unchecked = The serial number { $serial } was not checked: this page is true of the lot, whatever pack the code is on.
link-ignored = The code also holds { $codes }, which this page ignores.
link-beside = Also in the code, and not used by this page: { $codes }.

## Sections
journey = Journey
tests = Tests
documents = Documents
proof = Proof
findings = Findings
balance = Where the goods are
product = The product

## Findings
findings-lead = Facts that the records show and that you should know. They stay here; nobody can remove them.

## Journey
map-label = Map of the journey
voided = corrected later
marked = key was compromised
own-check = Own check
inspection = Inspection
result-pass = passed
result-fail = failed
result-inconclusive = no clear result
result-not-evaluated = not judged
own-check-why = Tested by a party to the goods: it does not count as an independent test.
marked-signed = Signed with a key that was reported stolen: do not rely on it.
marked-finding = Signed with a key that was reported stolen: { $act }.
on-behalf = for { $owner }
act-registry = Registration
act-clock = Clock
act-harvest = Harvested
act-process = Processed
act-adjust = Quantity adjusted
act-sample = Sample taken
act-monitor = Place monitored
act-inspect = Tested
act-observe = Observed
act-pack = Packed
act-unpack = Unpacked
act-label = Labels issued
act-ship = Shipped
act-ship-to = Shipped to { $party }
act-receive = Received
act-receive-from = Received from { $party }
act-deliver-outside = Delivered outside this ledger
act-void-shipment = Shipment cancelled
act-trade = Trade document
act-hold = Put on hold or recalled
act-on-hold = Put on hold
act-recall = Recalled
act-lift = Hold lifted
act-correct = Earlier record corrected

# What usually follows a record, after its acknowledgement
next-harvest = Next: record a sample for the laboratory, or ship the goods to who processes them.
next-process = Next: have the new lot tested, then pack and label it.
next-sample = Next: the laboratory tests the sample and records the results with this sample id. The holder books the sample off as an adjustment.
next-monitor = Next: the results count for lots harvested there, as their pages show. Monitor the place again before they lapse.
next-inspect = Next: if the test is complete, pack, label and ship. What is lacking is on the lot's page.
next-pack = Next: issue labels, or ship the container.
next-label = Next: print the labels (jejak label) and ship the goods.
next-ship = Next: the receiver counts the goods and records the receipt, naming this record.
next-receive = Next: process, test or pass on the goods.
next-void-shipment = Next: the goods are with the sender again; ship them anew or correct the stock.
next-hold = Next: when the matter is settled, lift the hold, naming this record.
next-held = The goods are on hold or recalled: do not ship or sell them before the hold is lifted.
next-failed = A test failed: do not ship the goods. Have them tested again, naming the failed test, or take them out of sale.
next-correct = Next: if the event did happen, record it again with --replaces and this record.
next-trade = Next: the other party signs the same document with the same goods.
step-loading = Loaded
step-departing = Departed
step-arriving = Arrived
step-storing = Stored
step-transporting = In transport
step-inspecting = Checked
step-sensor-reporting = Temperature log
step-accepting = Released
step-staging-outbound = Ready to ship
step-unloading = Unloaded
fact-additive = Added
fact-reason = Reason
fact-market = Market
fact-milestone = Milestone
fact-mode = Kept apart
fact-serials = Labels
fact-sample = Sample
fact-seal = Seal
fact-transfer = Owner from now
fact-commitment = Bound to
fact-catch-certificate = Catch certificate
fact-visit-purpose = Looked at
fact-visit = Found
fact-visit-advice = Advice
fact-leg = By
fact-vehicle = Vehicle
fact-leg-from = From
fact-leg-to = To
fact-handover-from = Handed over by
fact-handover-to = Taken over by
fact-condition = Condition
act-transfer = Transfer of ownership
act-rejection = Rejected
act-handover = Handed over
act-visit = Supervision visit
document-kind = Document
document-kind-order = Order
document-kind-order-confirmation = Order confirmation
document-kind-invoice = Invoice
document-kind-payment = Payment
document-kind-bill-of-lading = Bill of lading
document-kind-air-waybill = Air waybill
document-kind-contract = Contract
document-kind-packing-list = Packing list
document-kind-dispatch-advice = Dispatch advice
document-kind-receiving-advice = Receiving advice
document-kind-return = Return authorisation
document-kind-certificate = Certificate
document-kind-production-order = Production order
visit-in-order = in order
visit-advice = advice given
visit-corrective-action = to be mended
leg-road = road
leg-sea = sea
leg-inland-water = river or lake
leg-air = air
leg-rail = rail
leg-on-foot = foot
reason-refused = refused by the ledger
reason-mistake = signed by mistake
reason-lost = lost
reason-mortality = died
reason-drying = dried out
reason-spillage = spilled
reason-sample = used as sample
reason-domestic-sale = sold at home
reason-reweigh-loss = less when weighed again
reason-reweigh-gain = more when weighed again
reason-fattening = gained weight
as-written = { $text } (as written by { $party })
process-sorting = Sorted
process-grading = Graded
process-drying = Dried
process-cooking = Cooked
process-splitting = Split into lots
process-merging = Lots merged
process-packing = Packed

## Tests
tests-none = No test result is on the ledger for this lot yet.
accredited = accredited
standard = Standard
specification = Specification
specification-file = File
specification-of = “{ $name }”, version { $version }, of { $party }
limit = limit
limit-min = at least { $limit }
limit-max = at most { $limit }
limit-above = above { $limit }
limit-below = below { $limit }
limit-between = { $min } to { $max }
advisory = for information
advisory-within = Within
advisory-beyond = Beyond
verdict-pass = Pass
verdict-fail = Fail
verdict-inconclusive = Not clear
verdict-not-evaluated = Not judged
inspection-voided = Voided by its inspector. It stays visible.
inspection-cured = Processed since in a way that the standard accepts for what had failed. Both stay visible.
inspection-superseded = A later test of the same points passed. Both stay visible.
inspection-sample = Sample { $sample }, drawn on { $when } by { $party }.
inspection-sample-submitted = Sample { $sample }, submitted by the producer or holder: { $party }, { $when }.
inspection-sample-none = No sample that fits: what was measured in the laboratory does not count.
inspection-too-late = Entered after the accreditation or the standard had ended: what passed does not count.
inspection-inherited = Made on lot { $lot }, from which this lot comes.
hold-inherited = This is about lot { $lot }, from which this lot comes.

## Documents
documents-none = No documents are attached.
documents-elsewhere = Records that are not shown on this page may have documents of their own.
file-awaited = promised, not handed in by its signer yet
file-withdrawn = taken down; its hash stays
file-restricted = shown to entitled parties only
file-check = Check this file
file-same = Same file as was signed
file-differs = Not the file that was signed
file-missing = Could not be fetched
file-unchecked = Not compared: the records were not checked on this device
document-certificate-of-analysis = Certificate of analysis
document-health-certificate = Health certificate
document-phytosanitary-certificate = Phytosanitary certificate
document-photo = Photo

## Balance and product
balance-produced = Made in all
balance-held = With { $party }
balance-under-way = On the way to { $party }
balance-others = { $n ->
    [one] At one more place
   *[other] At { $n } more places
}
balance-rest = Processed on, delivered or lost
balance-labelled = Of it under serial labels
product-pack = Net content of a pack
best-before-passed = The best-before date, { $when }, has passed
product-best-before = Best before
product-storage = Storage
product-hs = HS code
product-mode = Origin kept
product-gear = Fishing gear
product-claims = Claims
product-title = Product
product-description = { $product } on the Jejak ledger: who makes it, and its newest lots.
product-commodity = Commodity
product-form = Form
product-makers = Made by
product-counted = Counted in
counted-gram = grams
counted-millilitre = millilitres
product-no-lots = No lot of this product is registered yet.
registered-by = Registered by
serial-needs-lot = The serial number { $serial } can't be checked without its lot: serial numbers are issued within a lot. Scan the whole code, or look for the lot number on the pack.
mode-identity-preserved = one origin, kept apart
mode-segregated = several origins of this ledger, kept apart from others
mode-mass-balance = by quantity balance only

## Proof
proof-honest = The proof shows who stated what, when it was logged, and that nothing was changed or slipped in afterwards. No signature can show that a statement is true, or that what is in the pack is what the label says. That rests on the people named here. Nor does the proof show that no record was left out.
as-of-records = records on the ledger
as-of-when = As of { $when } or later, by the ledger’s clock
node-operator = This server is run by { $party }.
node-authority = The authority of this ledger is { $party }: it decides who may write, and by which limits goods are judged.
trust-not-pinned = Trust not pinned: this page takes the key of the log from the very server that it checks. Who wants to rely on it compares the trust file with one from another source.
trust-file = Trust file
self-check = How do I check this without trusting you?
self-check-how = Download the proof and check it on your own computer with the open-source program, offline if you like. It redoes every step: each signature, each place in the log, and every rule. Take the trust file with the log's key from a source other than this page; without one the program says so.
proof-download = Download the proof
lot-json = Lot as data
checkpoint = Checkpoint
technical = Technical details
link = Link
ledger = Ledger
log-key = Log key
problem = Report a problem
problem-how = Is something wrong with the goods? Name the lot and ask the maker.

## Checks, by name
check-bundle = The proof is complete and readable
check-format = The proof is complete and readable
check-ledger = Every record belongs to this ledger
check-record = Every record is well formed
check-records = Every record is well formed
check-signature = Signature of a record
check-signatures = Signatures of all records
check-address = The lot that this address names
check-documents = The documents that were signed
check-inclusion = Place of every record in the log
check-seen = The history that the signers had seen
check-checkpoint = Signature of the log
check-witnesses = Independent witnesses
check-consistency = The log only ever grew
check-keys = Each signer was allowed to sign
check-log-keys = The log key is the one that the ledger names
check-replay = All rules of the chain, checked again
check-rules = All rules of the chain, checked again
check-profiles = The limits that were applied
check-lot = The lot's state follows from the records
check-trust = The log key is one you chose yourself
check-completeness = No other record about this lot exists
check-shown = This page shows every record of the proof
check-values = The test values and results are those that were signed, and all of them
check-state = The word for this lot is not better than its records
check-facts = Names, dates, places and signers are those that were signed
check-text = Nothing else stands on this page
why-witnesses = No independent witness is asked for: the log could show others something else.
why-seen = No record names a state of the log that its signer had seen.
why-consistency = There is no earlier state of the log at hand to compare with.
why-completeness = A proof cannot show that there is no other record.

## Not found, never issued, errors
unknown-why = This ledger knows no such lot. The code may be mistyped, or the lot is not registered yet.
unknown-advice = Compare every character with the label. A code that is printed on goods and not found here proves nothing about them.
unknown-number = This ledger knows nothing of that number.
unknown-near = There is a lot { $lot } of this product
no-page = There is no page at this address.
bad-link = This address is not a code that we can read.
link-not-uri = It is no web address.
link-no-key = No number of a product, container, place or party stands in it.
link-unsupported = The code ({ $ai }) in it is not read here.
link-misplaced = The code ({ $ai }) may not stand at that place in it.
link-check-digit = The number { $value } has a wrong check digit: with its other digits it is { $right }. A digit is mistyped or damaged.
link-value = ({ $ai }) can't have the value { $value }.
link-twice = The code ({ $ai }) stands in it twice.
link-pairing = The code ({ $ai }) does not go together with the others.
link-escape = A part of it that is written with % is broken.
link-compressed = It looks like a compressed code, but nothing can be unpacked from it: it is damaged, or cut off.
link-short-gtin = The product number { $gtin } has 14 digits in an address. Put zeros before it: { $padded }.
never-issued-why = No label issue of this lot is on the ledger: the maker has recorded no serial numbers.
never-issued-advice = Ask the seller or the maker before you rely on the pack.
never-issued-lot = The lot that is named
error-reference = If you report this, name the request { $id }.
error-missing = There is nothing here
error-missing-why = There is no page at this address. Compare it with the label, or search by the lot number.
error-malformed = This request can't be read
error-malformed-why = The address, or something in it, is not what this page takes.
error-gone = This document was taken down
error-gone-why = Its hash stays on the ledger, so that it is known to have been there. Its bytes are no longer given out.
error-busy = Please try again in a moment
error-busy-why = The ledger has more to do than it can take, or is being restarted. Nothing is lost.
error-internal = Something failed here
error-internal-why = The fault is on our side, not in the code that you scanned.

## Home
home-title = The trace of a product, proven
home-lead = Scan the code on the pack, or type it here: see where it comes from, who tested it, and check the proof yourself.
search-label = Lot number, code, number under a bar code, or name
search-hint = For example NILAM-2611-03, (01)…(10)…, the address from the code, or words such as patchouli oil
search = Search
search-missed = Nothing found for
search-found = Found for
search-lot = Lot
search-product = Product
search-party = Party
search-place = Place
search-container = Container
# words, divided by commas, that choose a kind of thing in a search
search-words-lot = lot, batch
search-words-product = product
search-words-party = party, company
search-words-place = place
search-words-container = container, pallet, carton, SSCC
search-words-number = number, no, code
recent = Newest lots
recent-none = No lot is registered yet.
home-proof = What this ledger proves
records = Records

## Party, container, record
party-description = { $party } on the Jejak ledger: roles, accreditation, keys, lots.
party-suspended = Suspended: this party may not write now.
party-suspended-why = Reason, as written by { $party }: { $why }
party-roles = Role
party-form = Legal form
party-region = Region
party-registration = Registration
party-looks-like = Name
party-looks-like-whom = Looks like the name of { $other }, which was enrolled before: two parties.
party-gln-title = GLN
party-gln = { $gln }
party-gln-unverified = { $gln }, not verified with GS1
party-contact = Contact
party-accreditation = Accreditation
accredited-until = { $body } { $number } for { $scope }, until { $until }
accredited-all = all commodities
party-lots = Lots it took part in
party-lots-none = No lots yet.
party-lots-more = Only the lots of its newest records are listed.
party-specifications = Specifications
party-specifications-lead = Limits that this party adopted by a signed record. Goods that it makes or buys must keep to them, beside the law.
specification-for = “{ $name }”, version { $version }, for { $commodity }
specification-ended = until { $when }
party-keys = Keys
party-keys-lead = A party is known by its keys: only who holds one can sign in its name.
party-keys-more = More keys are not listed here: the log has them all.
key = Key
key-ended = ended
key-label-first-key = first key
key-label-second-admin-key = second admin key
place-title = Place
place-description = { $place } on the Jejak ledger: what it is, and who registered it.
place-kind = Kind
place-country = Country
place-monitored = Monitored
place-monitored-by = { $from } to { $until }, by { $by }
place-village = Village
place-collection = Collection point
place-processing = Processing site
place-laboratory = Laboratory
place-port = Port
place-warehouse = Warehouse
place-airport = Airport
place-office = Office
role-authority = Authority
role-region = Regional government
role-operator = Server operator
role-producer = Producer
role-processor = Processor
role-inspector = Inspector
role-forwarder = Export forwarder
role-buyer = Buyer
role-auditor = Auditor
container = Container
container-title = Container { $sscc }
container-held = With { $party }
container-under-way = On the way to { $party }
container-gone = Emptied, or delivered outside this ledger
container-shipment = Where this shipment stands
container-parent = Packed in
container-contents = Contents
container-empty = Nothing is in it now.
container-on-hold = On hold or recalled: do not sell or use.
record = Signed record
record-title = { $act }: signed record
record-lead = This is what was signed, byte for byte. It can't be changed; a later record can only correct it in the open.
record-others = Statements in other vocabularies
record-others-why = No rule of this ledger reads them.
record-voided = Corrected by a later record.
record-before-clock = before the first clock
record-clock-wrong = { $time }, by a clock that was wrong: the authority reset it afterwards
record-id = Record id
record-download = Download the record
signed-by = Signed by
event-time = Happened
logged-after = Logged after
log-index = Place in the log
statement = The statement

## Units
unit-piece = pcs

## Countries and markets (ISO 3166-1, and the European Union)
country-ID = Indonesia
country-AE = United Arab Emirates
country-AU = Australia
country-CN = China
country-DE = Germany
country-INT = international standards
country-EU = European Union
country-FR = France
country-GB = United Kingdom
country-HK = Hong Kong
country-IN = India
country-JP = Japan
country-KR = South Korea
country-MY = Malaysia
country-NL = Netherlands
country-SA = Saudi Arabia
country-SG = Singapore
country-TH = Thailand
country-TW = Taiwan
country-US = United States
country-VN = Vietnam

app-name = Jejak in the field
app-about = Record harvests and sign quality checks, also without a signal.
app-open = Open in the app
readiness-link = What is missing before its export
app-noscript = This page needs JavaScript: it signs on your phone. Lots can be read without it: scan their code.
desk-name = Jejak desk
desk-about = Enrol parties, accredit inspectors and give out numbers. The key stays on this device.
desk-noscript = The desk needs JavaScript: it signs on this device. Regions, lots and parties can be read without it.
