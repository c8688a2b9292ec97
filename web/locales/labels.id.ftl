# Yang tercetak pada label dan halaman ujinya.
sheet-product = Produk:
sheet-lot = Lot:
sheet-net-gram = Berat bersih:
sheet-net-millilitre = Isi bersih:
sheet-net-piece = Isi:
sheet-harvest = Panen:
sheet-best-before = Baik digunakan sebelum:
sheet-origin = Asal:
sheet-scan = Pindai saya: asal dan hasil uji
sheet-more = dan { $n } lagi
sheet-containers = { $n } wadah kirim di dalamnya
sheet-test = Halaman uji untuk kertas label { $stock }
sheet-test-print = Cetak dengan ukuran 100 % (ukuran sebenarnya), jangan disesuaikan dengan halaman.
sheet-test-ruler = Angkanya sentimeter: tempelkan penggaris pada keempat sisi.
sheet-test-edges = Tumpuk dengan selembar kertas label, lalu terawang: garis-garisnya harus tepat di tepi label.
sheet-test-codes = Pindai setiap kode. Bila yang terkecil tidak terbaca, bersihkan pencetak atau pilih label yang lebih besar.
