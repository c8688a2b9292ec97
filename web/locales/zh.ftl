# 简体中文。键与 en.ftl 相同。
## States of the verification page (words fixed by docs/rules.md, "Headline")
state-verified = 已验证
state-findings = 已验证，有提示
state-failed = 检验不合格
state-held = 已召回 / 暂停
state-broken = 证明失效，请勿信任
state-never-issued = 该编码从未签发
state-copied = 该编码可能被复制
state-unknown = 未找到
state-not-inspected = 未检验
state-unchecked = 尚未核验

## Frame of every page
skip = 跳到正文
language = 语言
demo = 演示数据：本账本中的人物、地点和数字均为虚构。
foot = Jejak 保存产品从村庄到出口全程的签名记录。不使用 Cookie，不跟踪访客。
sections = 本页内容
go-home = 返回首页
see-record = 签名记录
pair = { $label }：{ $value }
comma = { $first }，{ $second }

## Verdict band
tally = { $total } 项核验中 { $passed } 项通过
tally-none = 该记录尚未进入已发布的检查点，请稍后刷新。
checked-by-server = 仅由服务器验证
phone-checking = 服务器已核验；本设备正在核验……
phone-passed = 由服务器核验；签名与事实也已在本设备核验，用时 %seconds% 秒
phone-detail = 本设备核验了 %signatures% 个签名、其在日志中的位置、签名者的权限，以及本页的 %facts% 项陈述。数量、限值和其他规则仅由服务器核验。
phone-stale = 仅由服务器验证：本页生成后账本又有新记录，请刷新后再核验。
phone-server-only = 仅由服务器验证：此浏览器无法核验签名
phone-unreachable = 仅由服务器验证：无法下载证明
phone-failing = 本设备发现一项核验不成立：%check%
decimal-point = .

## First screen
lot = 批号
lot-description = { $product }，批号 { $lot }：{ $verdict }。生产者、检验者及证明。
made-by = 生产者：{ $party }
origin-unknown = 未注明产地
origin-more = 及另外 { $n } 处
harvested = 采收：{ $when }
caught = 捕捞：{ $when }
inspected-pass = 检验合格 · { $when }
inspected-fail = 检验不合格 · { $when }
inspected-inconclusive = 检验结果不确定 · { $when }
inspected-unjudged = 已检测，无限值可判定 · { $when }
not-inspected = 尚无检验结果
not-inspected-itself = 本批本身尚未检验
source-inspected = 来源批次 { $lot }：{ $result }
by = { $party }
recall-none = 无召回，无暂停
recall-lifted = 曾暂停，现已解除
recalled = { $when }起召回
on-hold = { $when }起暂停
findings-more = 下方另有 { $n } 条提示
serial-issued = 包装 { $serial }：共签发 { $issued } 个标签之一。本页已打开 { $scans } 次。
serial-first = 首次打开：{ $first }。
serial-unchecked = 未核对序列号 { $serial }:本页只说明该批次,与编码贴在哪个包装上无关。

## Sections
journey = 流转过程
tests = 检验
documents = 文件
proof = 证明
findings = 提示
balance = 货物去向
product = 产品信息

## Findings
findings-lead = 记录所显示、您应当知道的事实。任何人都无法删除。

## Journey
map-label = 流转地图
voided = 后已更正
marked = 密钥曾泄露
on-behalf = 代{ $owner }
act-registry = 登记
act-clock = 时间标记
act-harvest = 采收
act-catch = 捕捞
act-process = 加工
act-adjust = 数量调整
act-sample = 取样
act-inspect = 检验
act-observe = 记录
act-pack = 装箱
act-unpack = 拆箱
act-label = 签发标签
act-ship = 发货
act-ship-to = 发往{ $party }
act-receive = 收货
act-receive-from = 自{ $party }收货
act-deliver-outside = 交付账本以外的收货方
act-void-shipment = 发货取消
act-trade = 贸易单据
act-hold = 暂停或召回
act-on-hold = 暂停
act-recall = 召回
act-lift = 解除暂停
act-correct = 更正先前记录
step-loading = 装货
step-departing = 启运
step-arriving = 到达
step-storing = 入库
step-transporting = 运输
step-inspecting = 查验
step-sensor-reporting = 温度记录
step-accepting = 放行
step-staging-outbound = 待发
step-unloading = 卸货
fact-reason = 原因
fact-market = 目的市场
fact-milestone = 节点
fact-mode = 隔离方式
fact-serials = 标签数
fact-sample = 样品
fact-seal = 封签
reason-mortality = 死亡
reason-drying = 干燥损耗
reason-spillage = 洒漏
reason-sample = 用作样品
reason-domestic-sale = 内销
reason-reweigh-loss = 复称减少
reason-reweigh-gain = 复称增加
reason-fattening = 育肥增重
process-steam-distillation = 水蒸气蒸馏
process-bottling = 装瓶
process-sorting = 分选
process-grading = 分级
process-drying = 干燥
process-milling = 磨粉
process-cooking = 蒸煮
process-splitting = 分批
process-merging = 合批
process-packing = 包装
process-purification = 精制
process-blending = 混合

## Tests
tests-none = 账本中尚无该批次的检验结果。
accredited = 认可
standard = 标准
limit = 限值
limit-min = 不低于 { $limit }
limit-max = 不超过 { $limit }
limit-above = 高于 { $limit }
limit-below = 低于 { $limit }
limit-between = { $min } 至 { $max }
advisory = 仅供参考
verdict-pass = 合格
verdict-fail = 不合格
verdict-inconclusive = 不确定
verdict-not-evaluated = 未判定
value-yes = 是
value-no = 否
value-present = 检出
value-absent = 未检出
inspection-voided = 已由检验者撤回，仍予显示。
inspection-superseded = 后续复检合格，两者均予显示。
inspection-inherited = 检验对象为本批来源批次 { $lot }。

## Documents
documents-none = 无附件。
document-awaited = 已声明，尚未上传
document-withdrawn = 已撤下，指纹保留
document-restricted = 仅限有权方查看
document-check = 核对此文件
document-same = 与签名时的文件一致
document-differs = 与签名时的文件不符
document-missing = 无法下载
document-certificate-of-analysis = 检测报告
document-health-certificate = 卫生证书
document-phytosanitary-certificate = 植物检疫证书
document-photo = 照片

## Balance and product
balance-produced = 总产量
balance-held = 由{ $party }持有
balance-under-way = 运往{ $party }途中
balance-rest = 已再加工、交付或损耗
balance-labelled = 其中已贴序列标签
product-pack = 每包净含量
product-best-before = 最佳使用期至
product-storage = 储存
product-hs = HS 编码
product-mode = 产地隔离
product-gear = 渔具
gear-pot = 笼具
gear-trap = 陷阱
gear-gillnet = 刺网
gear-hand = 徒手捕捞
product-claims = 声明
mode-identity-preserved = 单一产地，独立保管
mode-segregated = 认证产地之间混合
mode-mass-balance = 仅按数量平衡

## Proof
proof-honest = 该证明表明：谁作了何种声明、何时记录，以及此后未被更改或插入。任何签名都无法证明声明属实，也无法证明包装内的货物与标签一致；这取决于此处列名的各方。证明也不能表明没有遗漏任何记录。
as-of = 截至
as-of-records = 条账本记录
self-check = 如何在不信任你们的情况下自行核验？
self-check-how = 下载证明，用开源程序在您自己的电脑上核验，离线亦可。它会重做每一步：每个签名、日志中的每个位置以及每条规则。请从本页以外的来源获取日志密钥。
proof-download = 下载证明
lot-json = 批次数据
checkpoint = 检查点
technical = 技术细节
link = 链接
ledger = 账本
log-key = 日志密钥
problem = 报告问题
problem-how = 货物有问题？请注明批号并联系生产者。

## Checks, by name
check-bundle = 证明完整可读
check-format = 证明完整可读
check-ledger = 每条记录均属本账本
check-record = 每条记录格式正确
check-records = 每条记录格式正确
check-signature = 记录的签名
check-signatures = 全部记录的签名
check-inclusion = 每条记录在日志中的位置
check-checkpoint = 日志的签名
check-witnesses = 独立见证
check-consistency = 日志只增不改
check-keys = 每位签名者均有权签名
check-log-keys = 日志密钥与账本所列一致
check-replay = 重新执行全部链规则
check-rules = 重新执行全部链规则
check-profiles = 所用限值
check-lot = 批次状态与记录一致
check-trust = 日志密钥由您自行选定
check-completeness = 不存在该批次的其他记录
check-shown = 本页显示了证明中的所有记录
check-values = 检验值和结果与签名内容一致且完整
check-state = 本批次的结论不优于其记录
check-facts = 名称、日期、地点和签名者与签名内容一致
why-witnesses = 未要求独立见证：日志可能向他人出示另一份内容。
why-consistency = 手头没有较早的日志状态可供比对。
why-completeness = 证明无法表明不存在其他记录。

## Not found, never issued, errors
unknown-why = 本账本中没有该批次。编码可能有误，或该批次尚未登记。
unknown-advice = 请逐字核对标签。印在货物上而在此查不到的编码，不能证明任何事。
no-page = 此地址没有页面。
bad-link = 此地址不是可识别的编码。
never-issued-why = 生产者从未印制带此序列号的标签。
never-issued-advice = 请将此包装视为伪造，并告知卖方或生产者。
never-issued-lot = 所称批次
error-reference = 报告时请注明请求编号 { $id }。
error-missing = 此处没有内容
error-missing-why = 此地址没有页面。请与标签核对,或按批号查找。
error-malformed = 无法识别此请求
error-malformed-why = 地址或其中的内容不是本页所接受的。
error-gone = 此文件已撤下
error-gone-why = 其哈希值仍留在账本中,表明它曾经存在;其内容不再提供。
error-busy = 请稍后再试
error-busy-why = 账本正忙或正在重启。没有任何数据丢失。
error-internal = 此处出错
error-internal-why = 问题在我们这边,与您扫描的编码无关。

## Home
home-title = 可验证的产品足迹
home-lead = 扫描包装上的编码或在此输入：查看产地、检验者，并自行核验证明。
search-label = 批号或编码
search-hint = 例如 NILAM-2611-03、(01)…(10)…，或二维码中的网址
search = 查询
search-missed = 未找到：
recent = 最新批次
recent-none = 尚无登记的批次。
home-proof = 本账本证明什么
records = 记录数

## Party, container, record
party-description = { $party }：角色、认可、密钥与批次。
party-suspended = 已暂停：该主体目前不得写入。
party-roles = 角色
party-form = 法律形式
party-region = 地区
party-registration = 注册号
party-contact = 联系方式
party-accreditation = 认可
accredited-until = { $body } { $number }，有效至 { $until }
party-lots = 参与的批次
party-lots-none = 暂无批次。
party-keys = 密钥
party-keys-lead = 主体由其密钥识别：只有持有密钥者才能以其名义签名。
key = 密钥
key-ended = 已终止
role-authority = 项目主管机构
role-region = 地方政府
role-operator = 节点运营方
role-producer = 生产者
role-processor = 加工者
role-inspector = 检验者
role-forwarder = 出口服务商
role-buyer = 买方
role-auditor = 审计者
container = 物流单元
container-title = 物流单元 { $sscc }
container-held = 由{ $party }持有
container-under-way = 运往{ $party }途中
container-gone = 已清空，或已交付账本之外
container-shipment = 所属发货
container-parent = 装于
container-contents = 内容
container-empty = 目前为空。
container-on-hold = 已暂停或召回：请勿销售或使用。
record = 签名记录
record-title = { $act }：签名记录
record-lead = 以下为签名原文，逐字节保存。它无法更改，只能由后续记录公开更正。
record-voided = 已由后续记录更正。
record-before-clock = 早于首个时间标记
record-id = 记录编号
record-download = 下载记录
signed-by = 签名者
event-time = 发生时间
logged-after = 记录时间晚于
log-index = 日志位置
statement = 声明内容

## Units
unit-piece = 个
unit-animal = 只

## Countries and markets (ISO 3166-1, and the European Union)
country-ID = 印度尼西亚
country-AE = 阿联酋
country-AU = 澳大利亚
country-CN = 中国
country-DE = 德国
country-EU = 欧盟
country-FR = 法国
country-GB = 英国
country-HK = 香港
country-IN = 印度
country-JP = 日本
country-KR = 韩国
country-MY = 马来西亚
country-NL = 荷兰
country-SA = 沙特阿拉伯
country-SG = 新加坡
country-TH = 泰国
country-TW = 台湾
country-US = 美国
country-VN = 越南
