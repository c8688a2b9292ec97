# Bahasa Indonesia: plain words that a village treasurer reads without help. Same keys as en.ftl.
## States of the verification page (words fixed by docs/rules.md, "Headline")
state-verified = Terverifikasi
state-findings = Terverifikasi, ada temuan
state-failed = Tidak lolos uji mutu
state-held = Ditarik / ditahan
state-broken = Bukti rusak: jangan percaya
state-never-issued = Kode ini tidak pernah dibuat
state-copied = Kode ini mungkin disalin
state-unknown = Tidak ditemukan
state-not-inspected = Belum diuji
state-unchecked = Belum diperiksa

## Frame of every page
skip = Langsung ke isi
language = Bahasa
demo = Contoh peragaan: orang, tempat, dan angka di buku catatan ini rekaan.
foot = Jejak menyimpan catatan bertanda tangan tentang perjalanan produk dari desa sampai ekspor. Tanpa kuki, tanpa pelacakan.
sections = Bagian halaman ini
go-home = Ke halaman awal
see-record = Catatan bertanda tangan
pair = { $label }: { $value }
comma = { $first }, { $second }

## Verdict band
tally = { $passed } dari { $total } pemeriksaan lolos
tally-none = Catatan ini belum masuk ke daftar yang diterbitkan. Muat ulang sebentar lagi.
checked-by-server = Diperiksa oleh server saja
phone-checking = Diperiksa oleh server; ponsel ini sedang memeriksa …
phone-passed = oleh server; tanda tangan dan fakta juga di ponsel ini, %seconds% detik
phone-detail = Ponsel ini memeriksa %signatures% tanda tangan, letaknya dalam buku catatan, siapa yang berhak menandatangani, dan %facts% keterangan di halaman ini. Jumlah, batas, dan aturan lain diperiksa oleh server saja.
phone-stale = Diperiksa oleh server saja: sudah ada catatan baru sejak halaman ini dibuat. Muat ulang untuk memeriksanya di sini.
phone-server-only = Diperiksa oleh server saja: peramban ini tidak bisa memeriksa tanda tangan
phone-unreachable = Diperiksa oleh server saja: bukti tidak dapat diunduh
phone-failing = Ponsel ini menemukan pemeriksaan yang gagal: %check%
decimal-point = ,

## First screen
lot = Lot
lot-description = { $product }, lot { $lot }: { $verdict }. Siapa yang membuat, siapa yang menguji, dan buktinya.
made-by = Dibuat oleh { $party }
origin-unknown = Asal tidak disebutkan
origin-more = dan { $n } tempat lain
harvested = Panen { $when }
caught = Ditangkap { $when }
inspected-pass = Lolos uji mutu · { $when }
inspected-fail = Tidak lolos uji mutu · { $when }
inspected-inconclusive = Hasil uji belum pasti · { $when }
inspected-unjudged = Sudah diukur, belum ada batas untuk menilai · { $when }
not-inspected = Belum ada hasil uji
not-inspected-itself = Lot ini sendiri belum diuji
source-inspected = Lot asal { $lot }: { $result }
by = oleh { $party }
recall-none = Tidak ditarik, tidak ditahan
recall-lifted = Pernah ditahan, sudah dilepas
recalled = Ditarik sejak { $when }
on-hold = Ditahan sejak { $when }
findings-more = dan { $n } temuan lain di bawah
serial-issued = Kemasan { $serial }: satu dari { $issued } label. Halaman ini sudah dibuka { $scans } kali.
serial-first = Pertama dibuka { $first }.
serial-unchecked = Nomor seri { $serial } tidak diperiksa: halaman ini berlaku untuk lotnya, pada kemasan mana pun kode ini berada.

## Sections
journey = Perjalanan
tests = Uji mutu
documents = Dokumen
proof = Bukti
findings = Temuan
balance = Di mana barangnya
product = Tentang produk

## Findings
findings-lead = Hal yang terlihat dari catatan dan perlu Anda ketahui. Tidak seorang pun dapat menghapusnya.

## Journey
map-label = Peta perjalanan
voided = dikoreksi kemudian
marked = kunci pernah bocor
on-behalf = atas nama { $owner }
act-registry = Pendaftaran
act-clock = Penanda waktu
act-harvest = Dipanen
act-catch = Ditangkap
act-process = Diolah
act-adjust = Jumlah disesuaikan
act-sample = Sampel diambil
act-inspect = Diuji
act-observe = Dicatat
act-pack = Dikemas
act-unpack = Dikeluarkan dari kemasan
act-label = Label dibuat
act-ship = Dikirim
act-ship-to = Dikirim ke { $party }
act-receive = Diterima
act-receive-from = Diterima dari { $party }
act-deliver-outside = Diserahkan ke pihak di luar buku catatan ini
act-void-shipment = Pengiriman dibatalkan
act-trade = Dokumen dagang
act-hold = Ditahan atau ditarik
act-on-hold = Ditahan
act-recall = Ditarik
act-lift = Penahanan dilepas
act-correct = Catatan sebelumnya dikoreksi
step-loading = Dimuat
step-departing = Berangkat
step-arriving = Tiba
step-storing = Disimpan
step-transporting = Diangkut
step-inspecting = Diperiksa
step-sensor-reporting = Catatan suhu
step-accepting = Dilepas
step-staging-outbound = Siap dikirim
step-unloading = Dibongkar
fact-reason = Alasan
fact-market = Negara tujuan
fact-milestone = Tahap
fact-mode = Cara pisah
fact-serials = Jumlah label
fact-sample = Sampel
fact-seal = Segel
reason-mortality = mati
reason-drying = susut kering
reason-spillage = tumpah
reason-sample = dipakai untuk sampel
reason-domestic-sale = dijual di dalam negeri
reason-reweigh-loss = ditimbang ulang: kurang
reason-reweigh-gain = ditimbang ulang: lebih
reason-fattening = bertambah berat
process-steam-distillation = Disuling dengan uap
process-bottling = Dibotolkan
process-sorting = Disortir
process-grading = Dipilah menurut mutu
process-drying = Dikeringkan
process-milling = Digiling
process-cooking = Dimasak
process-splitting = Dibagi menjadi beberapa lot
process-merging = Digabung menjadi satu lot
process-packing = Dikemas
process-purification = Dimurnikan
process-blending = Dicampur

## Tests
tests-none = Belum ada hasil uji di buku catatan untuk lot ini.
accredited = terakreditasi
standard = Standar
limit = batas
limit-min = paling sedikit { $limit }
limit-max = paling banyak { $limit }
limit-above = di atas { $limit }
limit-below = di bawah { $limit }
limit-between = { $min } sampai { $max }
advisory = sekadar informasi
verdict-pass = Lolos
verdict-fail = Tidak lolos
verdict-inconclusive = Belum pasti
verdict-not-evaluated = Tidak dinilai
value-yes = ya
value-no = tidak
value-present = ditemukan
value-absent = tidak ditemukan
inspection-voided = Dibatalkan oleh pengujinya. Tetap ditampilkan.
inspection-superseded = Uji ulang sesudahnya lolos. Keduanya tetap ditampilkan.
inspection-inherited = Dilakukan pada lot { $lot }, asal lot ini.

## Documents
documents-none = Tidak ada dokumen terlampir.
document-awaited = dijanjikan, belum diunggah
document-withdrawn = sudah diturunkan; sidik jarinya tetap ada
document-restricted = hanya untuk pihak yang berhak
document-check = Periksa berkas ini
document-same = Sama dengan yang ditandatangani
document-differs = Bukan berkas yang ditandatangani
document-missing = Tidak dapat diunduh
document-certificate-of-analysis = Sertifikat hasil uji
document-health-certificate = Sertifikat kesehatan
document-phytosanitary-certificate = Sertifikat karantina tumbuhan
document-photo = Foto

## Balance and product
balance-produced = Seluruh hasil
balance-held = Ada pada { $party }
balance-under-way = Dalam perjalanan ke { $party }
balance-rest = Sudah diolah, diserahkan, atau susut
balance-labelled = Di antaranya berlabel seri
product-pack = Isi bersih kemasan
product-best-before = Baik digunakan sebelum
product-storage = Penyimpanan
product-hs = Kode HS
product-mode = Cara menjaga asal
product-gear = Alat tangkap
gear-pot = bubu
gear-trap = perangkap
gear-gillnet = jaring insang
gear-hand = ditangkap dengan tangan
product-claims = Klaim
mode-identity-preserved = satu asal, dipisahkan
mode-segregated = asal bersertifikat, dicampur sesamanya
mode-mass-balance = hanya menurut neraca jumlah

## Proof
proof-honest = Bukti ini menunjukkan siapa menyatakan apa, kapan dicatat, dan bahwa tidak ada yang diubah atau disisipkan sesudahnya. Tanda tangan tidak dapat membuktikan bahwa suatu pernyataan itu benar, atau bahwa isi kemasan sama dengan labelnya. Itu bergantung pada orang-orang yang disebut di sini. Bukti ini tidak menunjukkan bahwa tidak ada catatan yang ditinggalkan.
as-of = Per
as-of-records = catatan di buku catatan
self-check = Bagaimana memeriksa ini tanpa harus percaya kepada Anda?
self-check-how = Unduh buktinya, lalu periksa di komputer Anda sendiri dengan program sumber terbuka, bisa juga tanpa internet. Semua langkah diulang: setiap tanda tangan, setiap letak dalam catatan, dan setiap aturan. Ambil kunci catatan dari sumber lain, bukan dari halaman ini.
proof-download = Unduh bukti
lot-json = Data lot
checkpoint = Titik periksa
technical = Rincian teknis
link = Tautan
ledger = Buku catatan
log-key = Kunci catatan
problem = Laporkan masalah
problem-how = Ada yang salah dengan barangnya? Sebutkan nomor lot dan hubungi pembuatnya.

## Checks, by name
check-bundle = Bukti lengkap dan terbaca
check-format = Bukti lengkap dan terbaca
check-ledger = Setiap catatan milik buku catatan ini
check-record = Setiap catatan tersusun benar
check-records = Setiap catatan tersusun benar
check-signature = Tanda tangan suatu catatan
check-signatures = Tanda tangan semua catatan
check-inclusion = Letak setiap catatan dalam buku
check-checkpoint = Tanda tangan buku catatan
check-witnesses = Saksi independen
check-consistency = Buku catatan hanya bertambah
check-keys = Setiap penanda tangan berhak menandatangani
check-log-keys = Kunci catatan sesuai yang disebut buku catatan
check-replay = Semua aturan rantai, diperiksa ulang
check-rules = Semua aturan rantai, diperiksa ulang
check-profiles = Batas mutu yang dipakai
check-lot = Keadaan lot sesuai catatan
check-trust = Kunci catatan pilihan Anda sendiri
check-completeness = Tidak ada catatan lain tentang lot ini
check-shown = Halaman ini menampilkan semua catatan dari bukti
check-values = Nilai dan hasil uji sama dengan yang ditandatangani, dan lengkap
check-state = Sebutan lot ini tidak lebih baik daripada catatannya
check-facts = Nama, tanggal, tempat, dan penanda tangan sama dengan yang ditandatangani
why-witnesses = Tidak ada saksi independen yang diminta: buku ini bisa saja memperlihatkan isi lain kepada orang lain.
why-consistency = Tidak ada keadaan buku sebelumnya untuk dibandingkan.
why-completeness = Bukti tidak dapat menunjukkan bahwa tidak ada catatan lain.

## Not found, never issued, errors
unknown-why = Buku catatan ini tidak mengenal lot itu. Kodenya mungkin salah ketik, atau lotnya belum didaftarkan.
unknown-advice = Cocokkan setiap huruf dan angka dengan label. Kode pada barang yang tidak ditemukan di sini tidak membuktikan apa pun.
no-page = Tidak ada halaman di alamat ini.
bad-link = Alamat ini bukan kode yang dapat kami baca.
never-issued-why = Pembuat tidak pernah mencetak label dengan nomor seri ini.
never-issued-advice = Anggap kemasan ini palsu, dan tunjukkan kepada penjual atau pembuatnya.
never-issued-lot = Lot yang disebut
error-reference = Jika melapor, sebutkan nomor permintaan { $id }.
error-missing = Tidak ada apa-apa di sini
error-missing-why = Tidak ada halaman di alamat ini. Cocokkan dengan label, atau cari dengan nomor lot.
error-malformed = Permintaan ini tidak dapat dibaca
error-malformed-why = Alamatnya, atau sesuatu di dalamnya, bukan yang diterima halaman ini.
error-gone = Dokumen ini sudah ditarik
error-gone-why = Hash-nya tetap ada di buku catatan, sehingga diketahui pernah ada. Isinya tidak lagi diberikan.
error-busy = Coba lagi sebentar lagi
error-busy-why = Buku catatan sedang terlalu sibuk, atau sedang dimulai ulang. Tidak ada yang hilang.
error-internal = Ada yang gagal di sini
error-internal-why = Kesalahannya ada pada kami, bukan pada kode yang Anda pindai.

## Home
home-title = Jejak produk yang terbukti
home-lead = Pindai kode pada kemasan, atau ketik di sini: lihat asalnya, siapa yang menguji, dan periksa sendiri buktinya.
search-label = Nomor lot atau kode
search-hint = Misalnya NILAM-2611-03, (01)…(10)…, atau alamat dari kode
search = Cari
search-missed = Tidak ditemukan:
recent = Lot terbaru
recent-none = Belum ada lot yang terdaftar.
home-proof = Apa yang dibuktikan buku catatan ini
records = Jumlah catatan

## Party, container, record
party-description = { $party } di buku catatan Jejak: peran, akreditasi, kunci, lot.
party-suspended = Dibekukan: pihak ini sedang tidak boleh mencatat.
party-roles = Peran
party-form = Bentuk usaha
party-region = Wilayah
party-registration = Nomor pendaftaran
party-contact = Kontak
party-accreditation = Akreditasi
accredited-until = { $body } { $number }, sampai { $until }
party-lots = Lot yang ditanganinya
party-lots-none = Belum ada lot.
party-keys = Kunci
party-keys-lead = Suatu pihak dikenali dari kuncinya: hanya pemegang kunci yang dapat menandatangani atas namanya.
key = Kunci
key-ended = sudah berakhir
role-authority = Penyelenggara program
role-region = Pemerintah daerah
role-operator = Pengelola simpul
role-producer = Produsen
role-processor = Pengolah
role-inspector = Penguji mutu
role-forwarder = Pendamping ekspor
role-buyer = Pembeli
role-auditor = Pemeriksa
container = Wadah kirim
container-title = Wadah kirim { $sscc }
container-held = Ada pada { $party }
container-under-way = Dalam perjalanan ke { $party }
container-gone = Sudah kosong, atau diserahkan ke luar buku catatan ini
container-shipment = Pengirimannya
container-parent = Berada di dalam
container-contents = Isi
container-empty = Sekarang kosong.
container-on-hold = Ditahan atau ditarik: jangan dijual atau dipakai.
record = Catatan bertanda tangan
record-title = { $act }: catatan bertanda tangan
record-lead = Inilah yang ditandatangani, persis seperti aslinya. Tidak dapat diubah; catatan berikutnya hanya dapat mengoreksinya secara terbuka.
record-voided = Sudah dikoreksi oleh catatan berikutnya.
record-before-clock = sebelum penanda waktu pertama
record-id = Nomor catatan
record-download = Unduh catatan
signed-by = Ditandatangani oleh
event-time = Terjadi
logged-after = Dicatat sesudah
log-index = Letak dalam buku catatan
statement = Isi pernyataan

## Units
unit-piece = buah
unit-animal = ekor

## Countries and markets (ISO 3166-1, and the European Union)
country-ID = Indonesia
country-AE = Uni Emirat Arab
country-AU = Australia
country-CN = Tiongkok
country-DE = Jerman
country-EU = Uni Eropa
country-FR = Prancis
country-GB = Inggris Raya
country-HK = Hong Kong
country-IN = India
country-JP = Jepang
country-KR = Korea Selatan
country-MY = Malaysia
country-NL = Belanda
country-SA = Arab Saudi
country-SG = Singapura
country-TH = Thailand
country-TW = Taiwan
country-US = Amerika Serikat
country-VN = Vietnam
