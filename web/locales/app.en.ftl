# Sentences of the field app (/app/): the common screens. Forms of acts: acts.en.ftl. 12 words at most.

# Bar and common buttons
bar = Main menu
next-step = Next step
home = Home
scan = Scan
outbox = Outbox
me = Me
back = Back
next = Next
change = change
done = Done
undo = Undo
later = Later
keep = Cancel
again = Try again
share = Share
copied = Link copied.
understood = Understood
more = More
technical = Technical details
went-wrong = Not done yet. Try again.
screen-missing = This screen did not open
screen-missing-why = Your records are safe. Try again, or go home.
not-started = Jejak can't start. Update your browser, then open it again.
demo-banner = Demo: people and goods are not real.

# Dates and times
months = Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec
date-day = { $day } { $month } { $year }
date-clock = { $hour }:{ $minute }
date-moment = { $day } { $month } { $hour }:{ $minute }

# Start
start-title = Record harvests and tests, even without signal
start-key = The key is made on this phone and can't be copied.
make-key = Make the key
make-key-anyway = Make the key anyway
make-key-scan = Make the key, then scan
weak-key = This browser keeps the key less safely.
weak-key-why = Update the browser, then make the key. Or carry on.
no-https = This address lacks https. Ask for the https address.
no-https-why = Without https, browsers keep no key safely.
try-https = Try the https address
no-storage = This browser keeps no data.
no-storage-why = Open it outside a private window, or use another browser.
move-from = Move from another phone
move-title = Move from another phone
move-1 = On the old phone: Me, Phone and key, Move.
move-2 = Scan its code with this phone.
move-3 = The old phone approves the new key, then stops.
without-old = The old phone is lost
hand-in = Hand in an outbox file

# Enrolment
enrol-title = For whom do you record?
enrol-lead = Your key needs to be enrolled once.
scan-invitation = Scan the invitation code
scan-invitation-note = From the enroller, or another phone of your group
ask-enrolment = Ask to be enrolled
ask-enrolment-note = Without an invitation, by name
invited-title = You are invited
invitation-damaged = This invitation is not complete.
invitation-damaged-why = Ask your enroller for a new one.
already-enrolled = This phone already records for { $party }.
other-ledger = This is for another ledger. Open the address in the invitation.
party = Party
role = Role
rights = Rights
the-enroller = your enroller
ledger = Ledger
log-key = Log key
key = Key
purpose-event = Records
purpose-event-note = Records goods and tests
purpose-admin = Records and manages keys
purpose-admin-note = Also adds and ends phones
purpose-operator = Runs the server
role-authority = authority
role-region = regional government
role-operator = server operator
role-producer = producer
role-producer-note = Village, farmers, fishers
role-processor = processor
role-inspector = inspector
role-inspector-note = Laboratory or quality control
role-forwarder = export forwarder
role-forwarder-note = Transport, warehouse, port
role-buyer = buyer
role-buyer-note = Receiver and importer
role-auditor = auditor
party-name = Name of the village, business or office
party-name-help = Those already enrolled appear while you type.
party-name-missing = Write the name first, three letters or more.
registered = Already enrolled
registered-party = This phone asks to record for { $party }.
what-you-do = What you do
region = Region
who-enrols = Who enrols you?
contact = Number or address to reach you
contact-help = Public. Use an office number, not a private one.
phone-name = Name of this phone
phone-name-help = For example: phone A. Public; no person's name.
phone-letter = Letters of this phone
phone-letter-help = They are in lot numbers. Each of your phones has its own.
words-title = Compare eight words
you-read = You read aloud
you-listen = Listen and look
words-same = All eight words are the same
words-differ = One differs: stop
words-again = See the eight words again
show-code = Show the code
code-title = Show this code
code-lead = The enroller scans this code with their phone.
code-alt = Code of the enrolment request
code-scanned = It was scanned
no-signal-code = The request was not sent. This code works without signal.
share-request = Share the request
wait-title = Waiting for approval
waiting-approval = { $enroller } has not approved this key yet.
waiting-approval-yours = Your enroller has not approved this key yet.
may-record = You can record already. Records wait on this phone.
check-now = Check now
not-yet-approved = Not approved yet. Call your enroller.
no-signal-check = No signal. Try again with a signal.
stop-title = Stop, the words differ
stop-why = This server may be false. Don't enrol here.
stop-what-now = Call the enroller, ask for the right address, then repeat.
stop-why-enroller = Don't approve. Their address or key is not the one you see.
start-again = Start again

# Installing
install = Install Jejak
install-title = Install Jejak on the phone
install-why-1 = Records stay when the phone is full.
install-why-2 = It opens without signal.
install-why-3 = It is on your phone's screen.
install-menu = Open the browser's menu, choose "Add to home screen".
install-apple = Tap Share in Safari, choose "Add to Home Screen".
how-to-install = How to install
installed = Jejak is installed
new-version = A new version is ready. Change now
new-version-waits = A new version waits until the records are sent or shared.

# Demo person
demo-title = Try it as a demo person
demo-what = This key is public and only for trying.
demo-begin = Begin
demo-not-here = This ledger is no demo, or the number is wrong.
demo-key-there = This phone already has a key: { $party }.
demo-key-there-what = The key stays. Open the link in a private window.
demo-key-public = Everybody knows this demo key.

# Home
no-signal = No signal
signal = Connected
unsent = { $count } waiting
all-sent = all sent
needs-you = Needs you
to-inspect = Waiting to be tested
nothing-waits = Nothing waits for you.
my-lots = My lots
no-lots = No lots yet. Record your first harvest.
no-goods = You hold no goods now.
to-export = On the way to export
export-row = { $lot } to { $market }
export-ready = Ready, as far as the ledger knows
export-closed = This market is closed to it
export-missing = { $count ->
       [one] 1 thing missing
      *[other] { $count } things missing
    }
export-questions = Some questions are open
export-not-known = Not researched yet
export-next = Next: { $step }
only-here = not in yet
all-lots = All { $count } lots
as-of = As of { $time }
scan-load = Scan the load
scan-lot = Scan a lot
incoming-row = Shipment coming, { $count ->
       [one] 1 lot
      *[other] { $count } lots
    }
retest-row = retest
refused-row = Number { $number } refused: { $act }
conflict-row = Two records at number { $number }
unsigned-row = Not signed yet. Continue?
begun-row = Not finished. Continue?
accredited = Accredited for { $scope } until { $until }
commodity-all = all commodities
commodity-avocado = avocado
commodity-banana-flour = banana flour
commodity-crab = crab
commodity-essential-oil = essential oils
not-enrolled-yet = Your key waits for approval. Records are safe here.
see-enrolment = See the enrolment
share-offer = { $count ->
      [one] For over a day 1 record is only on this phone.
     *[other] For over a day { $count } records are only on this phone.
    }
share-outbox = Share the outbox
may-be-evicted = { $count ->
      [one] 1 record may be lost if the phone fills.
     *[other] { $count } records may be lost if the phone fills.
    }
almost-full = Phone almost full, { $count ->
      [one] 1 record
     *[other] { $count } records
    } may be lost
install-to-keep = Install Jejak to keep them
share-to-keep = Share the outbox to keep them
requests = Enrolment requests
requests-note = New phones and parties
see-requests = See requests
hold-or-recall = Hold or recall a lot
hold-or-recall-note = Scan the lot first
reader-lead = Your role reads. Scan a lot to see its records.
home-producer = Producer
home-inspector = Inspector
home-forwarder = Export forwarder
home-receiver = Receiver
home-enroller = Enroller
home-reader = Reader
more-acts = Other work
more-title = What do you record?
alarm-other-ledger = This address is now another ledger. Nothing is sent.
alarm-other-log-key = The ledger's log key changed. Nothing is sent.
alarm-receipt = The server sent a false receipt. Your records stay here.
alarm-history = The ledger's history changed. Nothing is sent.
alarm-what-now = Records are safe on this phone. Call your enroller.
see-alarm = See what can be done
alarm-title = This server can't be trusted now
alarm-means = No record is lost. Show this to your enroller.
alarm-go-on = It was checked, go on
alarm-go-on-title = Send to this server again?
alarm-go-on-what = Only if your enroller made sure. The evidence is kept.
alarm-go-on-history = The phone accepts the new history. The old one stays as evidence.
alarm-detail = Detail
alarm-evidence = Evidence
queue-stopped = Sending has stopped. Your records are safe.
stop-ask = Ask { $enroller }.
stop-tomorrow = Sent again by itself tomorrow.
key-elsewhere = Number { $number } was signed with your key, not on this phone.
key-elsewhere-what = Somebody else has this key. End it now.

# Acts
do-harvest = Record a harvest
do-process = Process
do-sort = Sort
do-merge = Merge
do-split = Split
do-stock = Stock
do-sample = Take a sample
do-inspect = Test
do-retest = Retest
do-pack = Pack
do-unpack = Unpack
do-ship = Ship
do-void-shipment = Cancel shipment
do-receive = Receive a shipment
do-refuse = Reject a shipment
do-load = Load
do-depart = Depart
do-arrive = Arrive
do-temperature = Temperature
do-deliver = Deliver outside
do-handover = Handover
do-trade = Trade document
do-transfer = Change of owner
do-label = Serial labels
do-hold = Hold
do-recall = Recall
do-lift = Lift the hold
do-correct = Correct
act-harvest = Harvest
act-process = Process
act-sort = Sort
act-merge = Merge
act-split = Split
act-adjust = Stock
act-sample = Sample
act-monitor = Monitor
act-inspect = Test
act-observe = Observation
act-pack = Pack
act-unpack = Unpack
act-label = Label
act-ship = Ship
act-receive = Receive
act-void-shipment = Cancel shipment
act-trade = Trade
act-hold = Hold
act-recall = Recall
act-lift = Lift
act-correct = Void
act-statement = Statement
act-registry = Statement
act-party-status = Status of a party changed
act-key = Key enrolled
act-key-revocation = Key ended
act-party = Party enrolled
act-other = Record
sign-KGM = kg
sign-GRM = g
sign-LTR = L
sign-MLT = ml
sign-H87 = pcs

# Scan and lot
scan-lot-title = Scan the label
scan-invitation-title = Scan the invitation code
scan-request-title = Scan the code on the new phone
torch = Torch
from-photo = Photo from gallery
type = Type
type-number = Number on the label
type-number-help = For example: (01)09521321001015(10)BAKAU-2611-02
type-link = Link that you received
nothing-typed = Type the number first.
camera-denied = Camera denied. Choose a photo or type the number.
camera-missing = No camera. Choose a photo or type the number.
scan-check-digit = The last digit does not fit. Check again.
scan-not-uri = This address can't be read. Type the digits of the label.
scan-no-key = This code names no product. Look for another on the label.
scan-unsupported = This kind of code is not used here. Try another label.
scan-misplaced = A part of this code is misplaced. Type the digits of the label.
scan-value = A part of the code is wrong or lacking. Check again.
scan-twice = A part of the code stands twice. Check again.
scan-pairing = Parts of this code exclude each other. Try another label.
scan-escape = The address in this code is damaged. Type the digits of the label.
scan-compressed = This short code is damaged. Type the digits of the label.
scan-short-gtin = The product number is too short. Check again.
page-needs-signal = This page needs a signal.
not-read = This code names no goods. Try another label.
only-lot = Lot { $lot } without a product. Scan its label.
no-code-in-photo = No code in that photo. Choose another.
several-readings = This code can be read in several ways. Which one?
known-here = known to this phone
lot-word = Lot
serial = Serial { $serial }
container-word = Shipping container
place-word = Place
product-without-lot = Product; the lot number is missing
which-lot = Which lot of { $product }?
not-a-invitation = That is no invitation code.
not-a-request = That is no request code.
lot-verified = Passed inspection
lot-findings = Passed, with findings
lot-tested = Passed what was tested
lot-partly-tested = Partly tested
lot-failed = Failed inspection
lot-recalled = Recalled
lot-held = On hold
lot-withdrawn = Withdrawn
lot-no-verdict = Tested, no verdict
lot-not-inspected = Not inspected
lot-unknown = Not known
lot-unknown-here = Not known to this phone
lot-unknown-what = You can record it all the same.
lot-not-on-ledger = Not on the ledger
by-the-server = Computed by the server; proof on the lot's page.
by-the-copy = A copy on this phone, without signal.
harvested = Harvested { $days }
best-before = Best before { $day }
tests = Tests
findings = { $count ->
       [one] 1 finding
      *[other] { $count } findings
    }
verdict-pass = Pass
verdict-fail = Fail
verdict-inconclusive = Not clear
verdict-not-evaluated = Not judged
verdict-null = No verdict
on-this-phone = On this phone
already-inspected-here = You already tested this lot on this phone.
inspect-this = Test this lot
print-labels = Print labels of this lot (A4)
label-addresses = Addresses of the labels ({ $count })
label-shared = Addresses of the labels shared.
label-saved = Addresses of the labels saved to downloads.
see-proof = See the full proof
made-from = Made from { $lot }
lot-number = Lot number

# State of a record
state-draft = Draft
state-signed = Signed
state-queued = Waiting for signal
state-queued-after = Waiting for number { $number }
state-sent = No answer yet
state-accepted = Accepted
state-verified = Proven on ledger
state-waiting = Not yet possible
state-refused = Refused
state-abandoned = Given up
state-conflict = Two records
state-draft-means = Not signed. It can still change.
state-signed-means = Safe on this phone. Not sent yet.
state-queued-means = Sent by itself when possible. Not on the ledger yet.
state-sent-means = Sent, no answer. Sent again, never counted twice.
state-accepted-means = The server took it. This phone checks its proof.
state-verified-means = This phone has checked its proof.
state-waiting-means = The server can't take it yet. It tries again.
state-abandoned-means = This number is given up. The next record names it.
state-conflict-means = Two phones recorded this lot. Both are public.
notice-went-back = The server went back. Sent again.
notice-not-proven = Accepted, not proven
notice-imported = From another phone
photos-follow = { $count ->
       [one] 1 photo follows
      *[other] { $count } photos follow
    }
number-title = Number { $number }
send-now = Send now
outbox-empty = No records on this phone yet.
all-records = All { $count } records
outbox-shared = The outbox was shared.
outbox-saved = The file is in your downloads.
sync-offline = No signal. Records are safe on this phone.
sync-refused = { $count } refused. See the outbox.
sync-left = { $count } still waiting.
see-storage = See storage

# Refused, two records
refused-title = Number { $number } was refused
refused-unknown = The server refused this record. Ask your enroller.
fix-and-sign = Fix and sign again
ask-enroller = Ask { $enroller }
ask-them = Ask them before you approve
ask-text = Jejak, number { $number }, { $act }: { $sentence } (rule { $rule }, record { $record })
give-up-number = Give up number { $number } (public)
give-up-title = Give up number { $number }?
give-up-what = Your next record says that this number is given up.
statement-stays = A statement cannot be voided, only ended.
ended-for-good = An ended key never signs again. Enrol a new one.
suspend-party = Suspend this party
suspend-party-what = It can record nothing more. What is in stays.
give-up = Give up
given-up = Number { $number } was given up.
take-back = Take this number back
conflicts-with = Other records in conflict: { $count }.
figure-taken = You took
figure-held = There is
figure-lot = Lot
figure-container = Container
figure-last = Last number
figure-seq = Number
figure-most = At most
figure-named = Named
signed-at = Signed
verified-at = Proven
lots = Lots
findings-title = Findings
record = Record
rule = Rule
position = Position on the ledger
record-missing = This record is not on this phone
record-missing-why = It may be another key's. See the outbox.
conflict-title = Two records for one lot
fork-what = Two phones recorded the same lot without knowing.
this-phone = This phone, { $time }
see-other = See the other phone's record
fork-stays = The finding stays visible, whatever you choose.
fork-settled = Settled on the other phone
both-right = Both are right: merge
one-wrong = One is wrong: correct

# Storage
storage = Storage
storage-safe = Storage is safe
storage-safe-why = The browser promised not to delete these records.
storage-unsafe = Storage is not safe yet
storage-unsafe-why = The browser may delete it when full. Install Jejak.
storage-unsafe-installed = The browser has not promised. Share the outbox daily.
used = { $used } of { $quota } used
drop-photos = Delete uploaded photos
freed = { $size } freed.

# Lost phone
lost-title = Phone lost or stolen
lost-without-key = Hand in the old phone's file, then make a new key.
make-new-key = Make a new key
needs-admin = This phone can't manage keys.
needs-admin-what = Use the phone that manages keys, or call your enroller.
needs-admin-move = To move, use your group's phone that manages keys.
needs-admin-approve = Only a phone that manages keys can approve.
which-phone = Which phone?
phone-of = Phone since { $day }
another-key = Another phone, by its key
key-of-phone = Key of that phone
key-of-phone-help = 52 letters and digits, in a record's technical details.
key-wrong = A key has 52 small letters and digits 2 to 7.
what-happened = What happened?
lost-or-broken = Lost or broken
lost-or-broken-note = Nobody else uses it
stolen = Stolen
stolen-note = Somebody else may use it
lost-step-1 = Hand in its outbox file first.
lost-step-2 = Then end its key.
stolen-step-1 = End its key now.
stolen-step-2 = Its records since then are marked, honest ones too.
stolen-since = Stolen since
stolen-since-help = An estimate will do; earlier is safer.
say-what-happened = Choose first: lost or stolen.
say-since-when = Say since when it was stolen.
what-stays = What is on the ledger stays valid.
end-key = End the key
end-phone-title = End { $phone }
hand-in-lead = A .txt file of any phone. No key is in it.
or-paste = Or paste its text
take-text = Hand in this text
nothing-pasted = Paste the file's text first.
choose-file = Choose the file
handed-in = { $added ->
      [one] 1 new record
     *[other] { $added } new records
    }, { $known } already here, { $wrong } damaged.
handed-in-elsewhere = { $count } of another ledger, not taken.

# Me
none-yet = None yet
on-behalf = On behalf of
certificates-row = State a certificate
certificates-note = NIB, HACCP, registrations: what the export list looks for
phone-and-key = Phone and key
look-title = Language and look
language = Language
light = Light
look-auto = As the phone
look-light = Light
look-dark = Dark
look-sun = Bright sun
look-sun-note = Black and white, thick lines
left-handed = Left-handed
left-handed-note = Main keys on the left
version = Version
to-new-phone = Move to a new phone
to-new-phone-note = This phone stops afterwards
another-phone = Add another phone
another-phone-note = Both record for the same party
rotate = Replace the key
rotate-note = A new key on this phone
rotate-title = Replace this phone's key?
rotate-what = The old key signs the new one, then ends.
rotate-unsent = { $count ->
      [one] 1 record is sent first, with the old key.
     *[other] { $count } records are sent first, with the old key.
    }
rotated = The key was replaced. It waits to be sent.
end-own = End this phone's key
end-own-title = End this phone's key?
end-own-what = After that this phone can't record any more.
invite-1 = Open Jejak on the new phone, make its key.
invite-2 = Scan this code with the new phone.
invite-3 = Scan its code with this phone, then approve.
invite-3-move = Scan its code, approve; then this phone stops.
invitation-alt = Invitation code
scan-new-phone = Scan the new phone

# Approve
no-requests = There are no requests.
no-signal-requests = No signal: scan the code on their phone.
scan-request = Scan a request
request-of = Request of { $party }
request-damaged = This request is not complete. Ask for a new code.
new-party = This party is not enrolled yet.
new-party-what = By approving you enrol the party and its key.
same-approve = Words are the same: approve
approved = { $party } approved. It waits to be sent.
moved-title = The new phone is approved
moved-what = End this phone's key now? What is in stays valid.
end-this-phone = End this phone
keep-both = Use both
invite-party = Invite a party
invite-lead = An invitation is for a party that is enrolled.
pick-party = Pick the party from the list first.
show-invitation = Show the invitation
