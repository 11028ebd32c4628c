/* All texts of the console: English, Chinese. A text with {name} takes a value. */
import { useLanguage } from './settings.js'

const words = {
  title: ['Console', '控制台'],
  overview: ['Overview', '概览'],
  streams: ['Streams', '流'],
  clients: ['Clients', '客户端'],
  vhosts: ['Vhosts', '虚拟主机'],
  views: ['Views', '页面'],
  language: ['Language', '语言'],
  theme: ['Colours', '配色'],
  themeAuto: ['system', '跟随系统'],
  themeLight: ['light', '浅色'],
  themeDark: ['dark', '深色'],

  login: ['Log in', '登录'],
  logout: ['Log out', '退出登录'],
  loginWanted: ['The API asks for a user and a password (http_api.auth).', 'API 需要用户名和密码（http_api.auth）。'],
  loginWrong: ['This user and password are not accepted.', '用户名或密码不正确。'],
  user: ['User', '用户名'],
  password: ['Password', '密码'],

  noApi: ['The API does not answer at {detail}. Is http_api on? ?api=HOST:PORT in the address of this page names another place.',
    'API 在 {detail} 没有响应。http_api 是否已启用？可在本页地址中用 ?api=主机:端口 指定其他位置。'],
  noAnswer: ['The API does not answer ({detail}). The figures are old.', 'API 没有响应（{detail}），以下数据不是最新的。'],
  failed: ['The API refused: {detail}', 'API 拒绝了请求：{detail}'],
  loading: ['Loading …', '加载中…'],

  cpu: ['CPU', 'CPU'],
  cpuNote: ['of one core; machine {system}', '单核占比；整机 {system}'],
  memory: ['Memory', '内存'],
  memoryNote: ['of {total}', '共 {total}'],
  bandwidth: ['Bandwidth', '带宽'],
  received: ['in', '入'],
  sent: ['out', '出'],
  connections: ['Clients', '客户端'],
  uptime: ['Uptime', '运行时间'],
  load: ['Load', '负载'],
  onAir: ['Streams on air', '直播中的流'],
  process: ['process', '进程'],
  machine: ['machine', '整机'],
  chart: ['Chart: {name}', '图表：{name}'],

  stream: ['Stream', '流'],
  video: ['Video', '视频'],
  audio: ['Audio', '音频'],
  bitRate: ['Bit rate', '码率'],
  viewers: ['Viewers', '观众'],
  health: ['Health', '状态'],
  since: ['On air for', '直播时长'],
  frames: ['Frames', '帧数'],
  publisher: ['Publisher', '推流端'],
  transferred: ['Bytes', '流量'],
  segments: ['Segments', '切片'],
  tcUrl: ['tcUrl', 'tcUrl'],
  filter: ['Filter', '筛选'],
  filterHint: ['name, address, type …', '名称、地址、类型…'],
  count: ['{shown} of {total}', '{shown} / {total}'],
  noStreams: ['No streams. Publish one.', '没有流，请先推流。'],
  noClients: ['No clients.', '没有客户端。'],
  noMatch: ['Nothing matches.', '没有匹配项。'],
  gone: ['It is not there any more.', '已不存在。'],
  back: ['All streams', '全部流'],

  healthGood: ['good', '正常'],
  healthIdle: ['not published', '未推流'],
  healthSilent: ['no data', '无数据'],
  healthNoCodec: ['no codec yet', '尚无编码信息'],
  healthSlow: ['low frame rate', '帧率过低'],
  healthDisk: ['segments lost', '切片丢失'],

  id: ['ID', 'ID'],
  type: ['Type', '类型'],
  address: ['Address', '地址'],
  alive: ['Connected for', '连接时长'],
  actions: ['Actions', '操作'],
  kick: ['Kick', '踢出'],
  kickSure: ['Kick {id}?', '确定踢出 {id}？'],
  kicked: ['{id} was kicked.', '已踢出 {id}。'],
  yes: ['Yes', '确定'],
  no: ['No', '取消'],

  vhost: ['Vhost', '虚拟主机'],
  enabled: ['on', '已启用'],
  disabled: ['off', '已停用'],
  outputs: ['Outputs', '输出'],
  noVhosts: ['No vhost has had a client yet.', '还没有虚拟主机有过客户端。'],

  player: ['Player', '播放器'],
  play: ['Play', '播放'],
  stop: ['Stop', '停止'],
}

function text(lang, key, values) {
  const found = words[key][lang === 'zh' ? 1 : 0]
  return values ? found.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all) : found
}

/* A function (key, values) that gives the text in the user's language. */
export function useWords() {
  const lang = useLanguage()
  return (key, values) => text(lang, key, values)
}
