# Daftar lot, pihak, dan daerah, dan halaman satu daerah.
browse-title = Lihat isi buku catatan
browse-lots = Semua lot
browse-parties = Semua pihak
browse-regions = Daerah
filter-any = semua
filter-show = Tampilkan
filter-none = Tanpa saringan
filter-commodity = Komoditas
filter-region = Daerah
filter-state = Keadaan
filter-market = Pasar
filter-standing = Boleh mencatat
filter-accredited = Akreditasi sampai, paling lambat
filter-of-product = Produk: { $product }
standing-active = ya
standing-suspended = dibekukan
list-computed = Dihitung oleh server; belum diperiksa di perangkat ini.
list-csv = Sebagai tabel (CSV)
list-next = Lanjut
list-cut = Masih ada lagi: satu halaman hanya membaca sejumlah catatan. Lanjutkan dengan tombol ini.
list-none-yet = Di halaman ini tidak ada yang cocok dengan saringan.
lots-title = Lot
lots-lead = Semua lot di buku catatan ini, yang terbaru lebih dulu.
lots-list = Yang terbaru
lots-further = Lot yang lebih lama
lots-none = Tidak ada lot yang cocok.
parties-title = Pihak
parties-lead = Semua yang terdaftar di buku catatan ini, menurut nomornya di sini.
parties-list = Pihak
parties-further = Pihak berikutnya
parties-none = Tidak ada pihak yang cocok.
parties-accredited = akreditasi sampai { $day }
party-made = Semua lot yang dibuatnya
regions-title = Daerah
regions-lead = Isi buku catatan menurut daerah: siapa produsennya, lot apa yang dibuat, dan bagaimana keadaannya.
regions-map = Peta daerah: daerah yang sudah punya pihak terdaftar tampak lebih jelas. Nama-namanya ada di daftar di bawah.
regions-dot-parties = sudah ada yang terdaftar
regions-dot-listed = baru ada di daftar
regions-counted = { $n ->
    [one] Dihitung dari { $n } lot.
   *[other] Dihitung dari { $n } lot terbaru.
}
regions-older = Lot yang lebih lama tidak dihitung di sini; halaman tiap daerah melihat lebih jauh ke belakang.
regions-more-parties = Hanya { $most } pihak pertama yang dibaca.
regions-unread = { $n ->
    [one] { $n } pihak menyebut daerah dengan kode yang tidak dikenal di sini.
   *[other] { $n } pihak menyebut daerah dengan kode yang tidak dikenal di sini.
}
regions-enrolled = Pemerintahnya sudah ada di buku catatan ini
regions-enrolled-lead = Pemerintah daerah ini mendaftarkan produsen dan mengawasinya.
regions-listed = Kabupaten dalam Perpres 63/2020
regions-listed-lead = Daftar daerah tertinggal 2020 sampai 2024, selain yang di atas. Kode menurut keadaan Juni 2025.
regions-others = Daerah lain yang punya pihak terdaftar
regions-others-lead = Pemerintahnya belum ada di buku catatan ini.
region-over = Daerah
region-description = { $region } di buku catatan Jejak: produsen, lot, uji mutu, pengiriman, dan yang masih kurang sebelum ekspor.
region-unknown = Tidak ada daerah dengan kode ini di buku catatan ini.
region-within = Daerah { $code }, tempatnya berada
region-code = Kode
region-province = Provinsi
region-list = Daftar
region-on-list = Daerah tertinggal 2020 sampai 2024 (Perpres 63/2020)
region-no-office = belum ada di buku catatan ini
region-inside = Di dalam daerah ini:
region-numbers = Dalam angka
region-counted = Dihitung dari catatan terbaru tiap produsen. Lot dihitung untuk daerah pembuatnya.
region-more = Ada lebih banyak daripada yang dibaca: paling banyak { $lots } lot terbaru yang dilihat, dan { $open } lot terbaru yang masih di sini.
region-producers = Produsen dan pengolah
region-producers-n = { $n ->
    [one] { $n } produsen
   *[other] { $n } produsen
}
region-suspended-n = { $n } dibekukan
region-lots = Lot yang dibuat
region-lots-n = { $n ->
    [one] { $n } lot
   *[other] { $n } lot
}
region-failed-n = { $n } tidak lolos
region-held-n = { $n } ditahan atau ditarik
region-passed = Uji mutu lolos
region-failed = Uji mutu tidak lolos
region-unclear = Uji mutu tanpa hasil jelas
region-shipments = Pengiriman
region-findings = Temuan yang perlu diperhatikan
region-holds = Penahanan dan penarikan
region-standing-n = { $n } masih berlaku
region-of-which = { $all } ({ $part })
region-open = Lot yang masih di sini
region-states = Lot menurut keadaan
region-months = Per bulan
region-months-lead = Dua belas bulan terakhir. Yang dihitung adalah saat dicatat, menurut jam buku catatan.
region-month = Bulan
region-all = Semua yang dibaca
month-of-year = { $month } { $year }
region-map = Tempat lot dibuat
region-map-label = Peta tempat lot dibuat. Nama-namanya ada di daftar di bawah.
region-places-none = Tempat pembuatan lot belum diketahui.
region-producers-none = Belum ada pembuat lot yang terdaftar di sini.
region-parties = Semua pihak di daerah ini
region-open-title = Siap diekspor?
region-open-lead = Lot yang masih di sini, yang terbaru lebih dulu, masing-masing untuk pasar yang dipakai menilainya. Pertanyaan yang hanya dapat dijawab orang tetap terbuka.
region-open-none = Tidak ada lot yang masih di sini.
region-newest = Lot terbaru
region-lots-none = Belum ada lot yang dibuat di sini.
region-lots-all = Semua lot daerah ini
region-csv-months = Tabel per bulan (CSV)
region-csv-lots = Lot (CSV)
region-csv-parties = Pihak (CSV)
outcome-ready = sejauh yang diketahui, tidak ada yang kurang
outcome-questions = masih ada pertanyaan
outcome-missing = masih ada yang kurang
outcome-missing-n = masih kurang { $n }
outcome-not-known = belum diketahui apa yang diminta
outcome-closed = tertutup untuk barang ini
outcome-none = belum ada jawaban
outcome-home = pasar luar negeri belum disebut
