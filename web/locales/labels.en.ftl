# What is printed on labels and on their test page.
sheet-product = Product:
sheet-lot = Lot:
sheet-net-gram = Net weight:
sheet-net-millilitre = Net volume:
sheet-net-piece = Content:
sheet-harvest = Harvested:
sheet-best-before = Best before:
sheet-origin = From:
sheet-scan = Scan me: origin and tests
sheet-more = { $n ->
    [one] and { $n } more
   *[other] and { $n } more
 }
sheet-containers = { $n ->
    [one] { $n } container inside
   *[other] { $n } containers inside
 }
sheet-test = Test page for label stock { $stock }
sheet-test-print = Print it at 100 % (actual size), not fitted to the page.
sheet-test-ruler = The numbers are centimetres: hold a ruler to all four edges.
sheet-test-edges = Lay it on a sheet of labels against the light: the marks lie on the edges of the labels.
sheet-test-codes = Scan each code. If the smallest can't be read, clean the printer or choose larger labels.
