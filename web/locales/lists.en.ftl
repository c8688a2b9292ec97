# Lists of lots, parties and regions, and a region's page.
browse-title = Look through the ledger
browse-lots = All lots
browse-parties = All parties
browse-regions = Regions
filter-any = any
filter-show = Show
filter-none = Without a filter
filter-commodity = Commodity
filter-region = Region
filter-state = State
filter-market = Market
filter-standing = May write
filter-accredited = Accredited until, at most
filter-of-product = Product: { $product }
standing-active = yes
standing-suspended = suspended
list-computed = Computed by the server; not checked on this device.
list-csv = As a table (CSV)
list-next = Further
list-cut = There is more: a page reads only so many records. Go on with the button.
list-none-yet = Nothing on this page fits the filter.
lots-title = Lots
lots-lead = Every lot on this ledger, the newest first.
lots-list = The newest
lots-further = Older lots
lots-none = No lot fits.
parties-title = Parties
parties-lead = Everyone who is enrolled on this ledger, by the number that they have here.
parties-list = Parties
parties-further = Further parties
parties-none = No party fits.
parties-accredited = accredited until { $day }
party-made = All lots that it made
regions-title = Regions
regions-lead = What the ledger has of each region: who produces there, which lots were made, and what became of them.
regions-map = Map of the regions: those where somebody is enrolled stand out. The list below names them.
regions-dot-parties = somebody is enrolled
regions-dot-listed = on the list only
regions-counted = { $n ->
    [one] Counted over { $n } lot.
   *[other] Counted over the newest { $n } lots.
}
regions-older = Older lots are not counted here; the page of a region looks further back.
regions-more-parties = Only the first { $most } parties were read.
regions-unread = { $n ->
    [one] { $n } party states a region by a code that is not read here.
   *[other] { $n } parties state a region by a code that is not read here.
}
regions-enrolled = With their government on this ledger
regions-enrolled-lead = These governments enrol producers and watch over them.
regions-listed = Regencies of Perpres 63/2020
regions-listed-lead = The list of disadvantaged regions for 2020 to 2024, without those above. Codes as of June 2025.
regions-others = Other regions with somebody enrolled
regions-others-lead = Their government is not on this ledger.
region-over = Region
region-description = { $region } on the Jejak ledger: producers, lots, tests, shipments, and what is missing before an export.
region-unknown = No region of this code is on this ledger.
region-within = Region { $code }, in which it lies
region-code = Code
region-province = Province
region-list = List
region-on-list = Disadvantaged region 2020 to 2024 (Perpres 63/2020)
region-no-office = not on this ledger
region-inside = In this region:
region-numbers = In numbers
region-counted = Counted from the newest records of each producer. A lot counts for the region of who made it.
region-more = There is more than was read: at most the newest { $lots } lots are looked into, and the newest { $open } of those that are still here.
region-producers = Producers and processors
region-producers-n = { $n ->
    [one] { $n } producer
   *[other] { $n } producers
}
region-suspended-n = { $n } suspended
region-lots = Lots made
region-lots-n = { $n ->
    [one] { $n } lot
   *[other] { $n } lots
}
region-failed-n = { $n } failed
region-held-n = { $n } on hold or recalled
region-passed = Tests passed
region-failed = Tests failed
region-unclear = Tests without a clear result
region-shipments = Shipments
region-findings = Findings that warn
region-holds = Holds and recalls
region-standing-n = { $n } not lifted
region-of-which = { $all } ({ $part })
region-open = Lots still here
region-states = Lots by state
region-months = By month
region-months-lead = The last twelve months. What counts is when it was recorded, by the ledger's clock.
region-month = Month
region-all = All that was read
month-of-year = { $month } { $year }
region-map = Where the lots were made
region-map-label = Map of the places where the lots were made. The list below names them.
region-places-none = No place of a lot is known here.
region-producers-none = Nobody who makes lots is enrolled here.
region-parties = All parties of this region
region-open-title = Ready for export?
region-open-lead = Lots that are still here, the newest first, each for the market that it is judged for. Questions that only people can answer stay open.
region-open-none = No lot is still here.
region-newest = Newest lots
region-lots-none = No lot was made here yet.
region-lots-all = All lots of this region
region-csv-months = Months as a table (CSV)
region-csv-lots = Lots (CSV)
region-csv-parties = Parties (CSV)
outcome-ready = nothing is missing, as far as is known
outcome-questions = questions are open
outcome-missing = something is missing
outcome-missing-n = { $n } missing
outcome-not-known = not known what is asked for
outcome-closed = closed for these goods
outcome-none = no answer
outcome-home = no market abroad is stated
