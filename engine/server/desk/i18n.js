// The page's own words, in English and Mandarin. Words of calls and articles stay as they are.

const EN = {
  live_calls: 'Live calls', search_tab: 'Search', language: 'Language', panes: 'Parts of the page',
  pane_list: 'Calls', pane_results: 'Results', pane_captions: 'Captions', pane_help: 'Help', skip: 'Skip to captions',
  log_out: 'Log out', connecting: 'Connecting', connected: 'Connected', reconnecting: 'Reconnecting', catching_up: 'Catching up',
  broken: 'The connection is lost. Reconnecting; what is said meanwhile will be added.',
  missed: 'Some events were missed. The call has been loaded again.',
  handed_over: 'The call was handed over to another agent.',
  only_agent: 'Calls of {agent}', filter: 'Filter by name, number or agent', filter_hint: 'Filter', no_live: 'No call at the moment.',
  silent: 'No audio', unheard: 'Nobody heard', no_match: 'No call matches the filter.', just_ended: 'Just ended', more_calls: '{n} more. Narrow them down with the filter.',
  unknown_number: 'Unknown number', agent: 'Agent', customer: 'Customer', supervisor: 'Supervisor', bot: 'Bot', unknown: 'Speaker',
  direction_inbound: 'Incoming', direction_outbound: 'Outgoing', direction_unknown: 'Call',
  leg_held: '{role} on hold', leg_muted: '{role} muted', leg_paused: '{role} paused', leg_active: '{role} is back', leg_copy: '{role}: same sound as another leg',
  recording_on: 'Recording', recording_paused: 'Recording paused', recording_off: 'Not recorded', recording_waits: 'Not recorded without consent', they_agree: 'They agree', they_refuse: 'They do not', recording_hushed: 'Recording paused: a secret is being said',
  recording_pause: 'Pause recording', recording_resume: 'Resume recording', record_failed: 'The recording could not be changed. Please try again.', hear_recording: 'Recording of the call',
  consent_given: 'Agreed to be recorded', consent_refused: 'Did not agree to be recorded',
  party_joined: '{role} joined: {name}', party_joined_nameless: '{role} joined', party_left: '{role} left: {name}', party_left_nameless: '{role} left',
  no_call: 'No call chosen', no_call_hint: 'Choose a call to read along.', nothing_live_hint: 'Captions appear here as soon as a call begins.',
  loading: 'Loading the call', missing: 'This call is not kept any more.', load_error: 'The call could not be loaded.', retry: 'Try again',
  on_air: 'Live', ended: 'Ended', end_closed: 'Hung up', end_end_of_audio: 'End of the recording', end_media_timeout: 'No more audio',
  end_shutdown: 'Engine shut down', end_disconnected: 'Connection broke off',
  listening: 'Listening. Nobody has spoken yet.', newest: 'Newest words', live_words: 'Heard live as: {words}', doubtful: 'Probably misheard', left_out: '{n} earlier lines are left out here. The exports have them all.',
  speaking: 'Speaking', gap: '{role}: {s} of audio lost', dtmf: '{role} pressed {keys}', no_media: '{role}: no audio for {s}',
  no_media_type: '{role}: no audio for {s}; what comes is of payload type {n}, which nobody has described', undescribed: 'payload type {n}',
  unrecognised: 'Not recognised', part_unrecognised: '[not all was recognised]', other_language: 'Speaks another language: {lang}', export_json: 'JSON', export_vtt: 'WebVTT', exports: 'Export the transcript',
  alerts: 'Alerts', critical: 'Critical', warning: 'Warning', info: 'Note', act_suggest: 'suggestion', act_warn: 'take care', act_escalate: 'bring in a supervisor',
  say: 'You could say', cleared: 'Cleared', withdrawn: 'Withdrawn', also: 'Said with it', mark_seen: 'Mark as seen', show_alert: 'Show',
  suggestions: 'Suggestions', heard: 'Heard', fit: 'fits {n}', after: 'after {s}', useful: 'Useful', not_useful: 'Not useful',
  no_cards: 'Articles that fit what the customer says appear here.', no_cards_after: 'No article fitted this call.', vote_failed: 'Your vote could not be stored. Please try again.',
  not_identified: 'Not found in the CRM', several_customers: '{n} customers have this number. Ask who is calling.', tickets: 'Open tickets', no_tickets: 'No open tickets', contacts: 'Last contacts', preferences: 'Preferences', since: 'since {day}',
  summary: 'Summary', urgent: 'Urgent', actions: 'Done', promises: 'Promised', risks: 'Risks', keywords: 'Keywords', follow_ups: 'Follow-ups', talk: 'Talk time', until: 'by {day}',
  crm: 'CRM', crm_written: 'Ticket {id} written', crm_waiting: 'Writing to the CRM', crm_retrying: 'Not written yet. It will be tried again.',
  crm_dead: 'Not written. Somebody has to look at it.', crm_retry: 'Write it again now', retry_failed: 'That could not be asked for. Please try again.', attempts: 'Tries so far: {n}', task: 'Task {id}',
  voices: 'Strain', mood_neutral: 'neutral', mood_anger: 'angry', mood_sadness: 'sad', mood_happiness: 'happy', mood_other: 'other mood',
  mood_notice: 'The customer’s mood is read from their voice. How they are told: {notice}',
  voice_now: '{role}: {mood}, strain {strain}; the highest was {highest} at {at}.',
  mood: 'Mood', any_mood: 'Any', strain: 'Strain', any_strain: 'Any', strain_some: '30% or more', strain_half: '50% or more', strain_high: '70% or more',
  search: 'Search', query: 'Words or "a phrase"', role: 'Who', anyone: 'Anyone', agent_id: 'Agent', customer_id: 'Customer', from: 'From', to: 'To', alert_kind: 'Alert', any_alert: 'Any',
  search_hint: 'Search the words of stored calls. Every filter may be left empty.', searching: 'Searching', no_hits: 'Nothing found. Try fewer words or a longer time.',
  search_error: 'The search failed. Please try again.', search_refused: 'Your role may not search transcripts.', hits: '{n} lines found, in {calls} calls', hits_one: '{n} line found', hits_some: '{n} lines found, {shown} shown', more_hits: 'Show more',
  filters: 'Filters', clear: 'Clear', open: 'open', waiting: 'waiting', call: 'Call', email: 'E-mail', shop: 'Shop', chat: 'Chat',
};

const ZH = {
  live_calls: '进行中的通话', search_tab: '检索', language: '语言', panes: '页面分区',
  pane_list: '通话', pane_results: '结果', pane_captions: '字幕', pane_help: '助手', skip: '跳到字幕',
  log_out: '退出登录', connecting: '正在连接', connected: '已连接', reconnecting: '正在重连', catching_up: '正在追赶',
  broken: '连接已断开，正在重连。期间的内容会自动补上。',
  missed: '有部分事件遗漏，已重新载入通话。',
  handed_over: '通话已转给其他坐席。',
  only_agent: '坐席 {agent} 的通话', filter: '按姓名、号码或坐席筛选', filter_hint: '筛选', no_live: '目前没有通话。',
  silent: '没有声音', unheard: '无人说话', no_match: '没有符合条件的通话。', just_ended: '刚刚结束', more_calls: '另有 {n} 通，请用筛选缩小范围。',
  unknown_number: '未知号码', agent: '坐席', customer: '客户', supervisor: '主管', bot: '机器人', unknown: '说话人',
  direction_inbound: '呼入', direction_outbound: '呼出', direction_unknown: '通话',
  leg_held: '{role}：保持中', leg_muted: '{role}：已静音', leg_paused: '{role}：已暂停收听', leg_active: '{role}：已恢复', leg_copy: '{role}：与另一路声音相同',
  recording_on: '正在录音', recording_paused: '录音已暂停', recording_off: '未录音', recording_waits: '未经同意不录音', they_agree: '同意录音', they_refuse: '不同意', recording_hushed: '录音已暂停：正在说敏感信息',
  recording_pause: '暂停录音', recording_resume: '继续录音', record_failed: '录音状态未能更改，请重试。', hear_recording: '通话录音',
  consent_given: '同意录音', consent_refused: '不同意录音',
  party_joined: '{role}加入：{name}', party_joined_nameless: '{role}加入', party_left: '{role}离开：{name}', party_left_nameless: '{role}离开',
  no_call: '未选择通话', no_call_hint: '选择一通通话，即可查看字幕。', nothing_live_hint: '通话开始后，字幕会显示在这里。',
  loading: '正在载入通话', missing: '这通通话已不再保存。', load_error: '通话载入失败。', retry: '重试',
  on_air: '通话中', ended: '已结束', end_closed: '已挂断', end_end_of_audio: '录音结束', end_media_timeout: '长时间无声音',
  end_shutdown: '引擎已停止', end_disconnected: '连接中断',
  listening: '正在聆听，还没有人说话。', newest: '最新内容', live_words: '实时识别为：{words}', doubtful: '可能听错', left_out: '此处省略了较早的 {n} 行，导出文件中完整保留。',
  speaking: '正在说话', gap: '{role}：丢失 {s}音频', dtmf: '{role}按键 {keys}', no_media: '{role}：已 {s}没有声音',
  no_media_type: '{role}：已 {s}没有声音；收到的是未说明的载荷类型 {n}', undescribed: '载荷类型 {n}',
  unrecognised: '未能识别', part_unrecognised: '［部分未能识别］', other_language: '使用其他语言：{lang}', export_json: 'JSON', export_vtt: 'WebVTT', exports: '导出通话文字',
  alerts: '提醒', critical: '严重', warning: '警告', info: '提示', act_suggest: '建议', act_warn: '请注意', act_escalate: '请主管介入',
  say: '可以这样说', cleared: '已解除', withdrawn: '已撤回', also: '同时提到', mark_seen: '标为已查看', show_alert: '查看',
  suggestions: '建议', heard: '听到', fit: '匹配 {n}', after: '用时 {s}', useful: '有用', not_useful: '没用',
  no_cards: '与客户所说内容相关的文章会显示在这里。', no_cards_after: '这通通话没有匹配的文章。', vote_failed: '评价未能保存，请重试。',
  not_identified: '客户系统中没有记录', several_customers: '有 {n} 位客户使用此号码，请确认来电人。', tickets: '未结工单', no_tickets: '没有未结工单', contacts: '最近联系', preferences: '偏好', since: '{day}起',
  summary: '通话小结', urgent: '紧急', actions: '已办理', promises: '承诺', risks: '风险', keywords: '关键词', follow_ups: '后续事项', talk: '说话时长', until: '{day}前',
  crm: '客户系统', crm_written: '已建工单 {id}', crm_waiting: '正在写入客户系统', crm_retrying: '尚未写入，稍后自动重试。',
  crm_dead: '未能写入，需要人工处理。', crm_retry: '立即重新写入', retry_failed: '操作未成功，请重试。', attempts: '已尝试 {n} 次', task: '任务 {id}',
  voices: '紧张程度', mood_neutral: '平静', mood_anger: '愤怒', mood_sadness: '难过', mood_happiness: '愉快', mood_other: '其他情绪',
  mood_notice: '系统正在根据客户的声音分析情绪。告知方式：{notice}',
  voice_now: '{role}：{mood}，紧张程度 {strain}；最高 {highest}，在 {at}。',
  mood: '情绪', any_mood: '不限', strain: '紧张程度', any_strain: '不限', strain_some: '30% 及以上', strain_half: '50% 及以上', strain_high: '70% 及以上',
  search: '检索', query: '词语或“短语”', role: '说话人', anyone: '不限', agent_id: '坐席', customer_id: '客户', from: '从', to: '到', alert_kind: '提醒', any_alert: '不限',
  search_hint: '检索已保存通话的文字内容。筛选条件均可留空。', searching: '正在检索', no_hits: '没有结果。请减少词语或放宽时间范围。',
  search_error: '检索失败，请重试。', search_refused: '您的角色无权检索通话记录。', hits: '共 {n} 行，来自 {calls} 通通话', hits_one: '共 {n} 行', hits_some: '共 {n} 行，已显示 {shown} 行', more_hits: '显示更多',
  filters: '筛选', clear: '清除', open: '处理中', waiting: '等待中', call: '电话', email: '邮件', shop: '门店', chat: '在线客服',
};

const WORDS = { en: EN, zh: ZH };
const LOCALES = { en: 'en-GB', zh: 'zh-CN' };
const REMEMBERED = 'sidetone.language';

let language = 'en';

/** The language shown now: `en` or `zh`. */
export const current = () => language;

/** What a language is called in the one the desk is in. */
export const languageName = (code) => new Intl.DisplayNames([language], { type: 'language' }).of(code) ?? code;

/** The language chosen before on this machine, else the browser's, else English. */
export function preferred() {
  const stored = safely(() => localStorage.getItem(REMEMBERED));
  return stored in WORDS ? stored : navigator.language?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** Shows the page in `lang` from now on, and every text that stands in the HTML itself at once. */
export function use(lang, remember = false) {
  language = lang;
  if (remember) safely(() => localStorage.setItem(REMEMBERED, lang));
  document.documentElement.lang = lang === 'zh' ? 'zh-Hans' : 'en';
  for (const node of document.querySelectorAll('[data-t]')) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll('[data-t-label]')) node.setAttribute('aria-label', t(node.dataset.tLabel));
  for (const node of document.querySelectorAll('[data-t-hint]')) node.placeholder = t(node.dataset.tHint);
}

/** The page's words for `key`, with `{name}` filled in. */
export const t = (key, values = {}) =>
  (WORDS[language][key] ?? key).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');

/** A word of somebody else's, `open` or `email`, in the page's language where it is a common one. */
export const known = (word) => (['open', 'waiting', 'call', 'email', 'shop', 'chat'].includes(word) ? t(word) : word);

/** `2026-05-07` as people say it; anything else as it is. */
export function day(text) {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text ?? '') ? new Date(`${text}T12:00:00Z`) : null;
  if (!date || Number.isNaN(date.getTime())) return text ?? '';
  const year = date.getUTCFullYear() === new Date().getFullYear() ? undefined : 'numeric';
  return format({ weekday: 'short', day: 'numeric', month: 'short', year, timeZone: 'UTC' }, date);
}

/** Day and time of day of a time since 1970. */
export const moment = (ms) => format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, ms);

/** Time of day of a time since 1970. */
export const clock = (ms) => format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, ms);

/** `1:05`, or `1:02:03`. */
export function length(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n) => String(n).padStart(2, '0');
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** `0.8 s`, `12 s`. */
export function seconds(ms) {
  const value = ms / 1000;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${language === 'zh' ? '秒' : 's'}`;
}

/** A share in [0, 1] as a whole percentage. */
export const percent = (share) => `${Math.round(share * 100)}%`;

const format = (options, at) => new Intl.DateTimeFormat(LOCALES[language], options).format(at);

/** Storage may be switched off; the page works without. */
function safely(run) {
  try { return run(); } catch { return null; }
}
