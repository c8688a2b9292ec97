# 标签及其测试页上的文字。
sheet-product = 产品：
sheet-lot = 批次：
sheet-net-gram = 净重：
sheet-net-millilitre = 净容量：
sheet-net-piece = 数量：
sheet-harvest = 收获日期：
sheet-best-before = 保质期至：
sheet-origin = 产地：
sheet-scan = 扫码查看产地和检验结果
sheet-more = 及另外 { $n } 项
sheet-containers = 内有 { $n } 个物流单元
sheet-test = 标签纸 { $stock } 的测试页
sheet-test-print = 请按 100 %（实际大小）打印，不要缩放至页面大小。
sheet-test-ruler = 数字为厘米：请用直尺对照四边。
sheet-test-edges = 与一张标签纸叠在一起对着光看：标记应落在标签边缘。
sheet-test-codes = 请扫描每个码。最小的码读不出时，请清洁打印机或选用更大的标签。
