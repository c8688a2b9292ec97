# 批次、参与方与地区的列表，以及地区页面。
browse-title = 浏览账本
browse-lots = 全部批次
browse-parties = 全部参与方
browse-regions = 地区
filter-any = 不限
filter-show = 显示
filter-none = 清除筛选
filter-commodity = 商品
filter-region = 地区
filter-state = 状态
filter-market = 市场
filter-standing = 可写入
filter-accredited = 认可截止日不晚于
filter-of-product = 产品：{ $product }
standing-active = 是
standing-suspended = 已暂停
list-computed = 由服务器计算，未在此设备上验证。
list-csv = 下载表格（CSV）
list-next = 继续
list-cut = 还有更多：每页只读取一定数量的记录，请点按钮继续。
list-none-yet = 本页没有符合筛选条件的内容。
lots-title = 批次
lots-lead = 本账本的全部批次，最新的在前。
lots-list = 最新批次
lots-further = 较早的批次
lots-none = 没有符合条件的批次。
parties-title = 参与方
parties-lead = 在本账本登记的全部参与方，按其在此的编号排列。
parties-list = 参与方
parties-further = 其余参与方
parties-none = 没有符合条件的参与方。
parties-accredited = 认可至 { $day }
party-made = 其制成的全部批次
regions-title = 地区
regions-lead = 账本中各地区的情况：有哪些生产者，制成了哪些批次，现状如何。
regions-map = 地区地图：已有参与方登记的地区以实心点标出，名称见下方列表。
regions-dot-parties = 已有参与方登记
regions-dot-listed = 仅在名单上
regions-counted = { $n ->
    [one] 统计了 { $n } 个批次。
   *[other] 统计了最新的 { $n } 个批次。
}
regions-older = 更早的批次未计入此处；各地区页面会追溯更久。
regions-more-parties = 只读取了前 { $most } 个参与方。
regions-unread = { $n ->
    [one] 有 { $n } 个参与方所述地区的代码在此无法识别。
   *[other] 有 { $n } 个参与方所述地区的代码在此无法识别。
}
regions-enrolled = 地方政府已加入本账本的地区
regions-enrolled-lead = 这些地方政府为生产者办理登记并进行监督。
regions-listed = 总统令 63/2020 所列的县
regions-listed-lead = 2020 至 2024 年欠发达地区名单，不含以上各县。代码截至 2025 年 6 月。
regions-others = 其他有参与方登记的地区
regions-others-lead = 其地方政府尚未加入本账本。
region-over = 地区
region-description = Jejak 账本中的 { $region }：生产者、批次、检验、发货，以及出口前还缺什么。
region-unknown = 本账本没有此代码的地区。
region-within = 其所属地区 { $code }
region-code = 代码
region-province = 省
region-list = 名单
region-on-list = 2020 至 2024 年欠发达地区（总统令 63/2020）
region-no-office = 尚未加入本账本
region-inside = 本地区内：
region-numbers = 数据
region-counted = 根据各生产者的最新记录统计。批次计入其制造方所在地区。
region-more = 另有未读取的内容：最多查看最新的 { $lots } 个批次，以及其中仍在本地的最新 { $open } 个。
region-producers = 生产者与加工方
region-producers-n = { $n ->
    [one] { $n } 个生产者
   *[other] { $n } 个生产者
}
region-suspended-n = { $n } 个已暂停
region-lots = 制成的批次
region-lots-n = { $n ->
    [one] { $n } 个批次
   *[other] { $n } 个批次
}
region-failed-n = { $n } 个不合格
region-held-n = { $n } 个暂扣或召回
region-passed = 检验合格
region-failed = 检验不合格
region-unclear = 检验结果不明确
region-shipments = 发货
region-findings = 警示性异常
region-holds = 暂扣与召回
region-standing-n = { $n } 项未解除
region-of-which = { $all }（{ $part }）
region-open = 仍在本地的批次
region-states = 各状态的批次
region-months = 按月
region-months-lead = 最近十二个月。以账本时钟下的记录时间为准。
region-month = 月份
region-all = 所读取的全部
month-of-year = { $year }年{ $month }月
region-map = 批次制成地点
region-map-label = 批次制成地点的地图，名称见下方列表。
region-places-none = 尚无已知的制成地点。
region-producers-none = 此处尚无登记的批次制造方。
region-parties = 本地区的全部参与方
region-open-title = 可以出口了吗？
region-open-lead = 仍在本地的批次，最新的在前，各按其判定所依据的市场。只有人能回答的问题留待回答。
region-open-none = 没有仍在本地的批次。
region-newest = 最新批次
region-lots-none = 此处尚未制成批次。
region-lots-all = 本地区的全部批次
region-csv-months = 按月表格（CSV）
region-csv-lots = 批次（CSV）
region-csv-parties = 参与方（CSV）
outcome-ready = 就目前所知，无缺项
outcome-questions = 尚有问题待回答
outcome-missing = 尚有缺项
outcome-missing-n = 还缺 { $n } 项
outcome-not-known = 尚不清楚有何要求
outcome-closed = 不对该商品开放
outcome-none = 无答案
outcome-home = 未说明境外市场
