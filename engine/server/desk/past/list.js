// Calls that are over: which there were, and what became of them.

import * as api from '../shell/api.js';
import { midnight } from '../shell/dates.js';
import { h, icon, keyed, langTag } from '../shell/dom.js';
import { current, length, moment, t } from '../shell/i18n.js';

const PAGE = 50;
/** A call that has just ended is looked for so much later: its summary takes a moment. */
const SETTLE_MS = 1500;
/** The fields as they stand in the form and in the page's address. */
export const FIELDS = ['customer', 'agent_id', 'from', 'to', 'direction', 'note', 'rule', 'urgent', 'recorded'];

const form = document.getElementById('past-form');
const list = document.getElementById('past');
const note = document.getElementById('past-note');
const more = document.getElementById('more-past');
let found = { calls: [], next: null, status: 'idle' };
let running = null;
let chosen = null;
let asked = {};
let due = null;

/** Prepares the page. `choose(callId)` opens a call, `remember(fields)` keeps what was asked for. */
export function start(params, choose, remember) {
  for (const name of FIELDS) {
    const field = form.elements[name];
    if (field.type === 'checkbox') field.checked = params.get(name) === 'true';
    else field.value = params.get(name) ?? '';
  }
  document.getElementById('past-filters').open = FIELDS.slice(1).some((name) => params.get(name));
  const again = () => { remember(fields()); run(); };
  form.addEventListener('submit', (event) => { event.preventDefault(); again(); });
  form.addEventListener('change', again);
  form.addEventListener('reset', () => setTimeout(again));
  more.addEventListener('click', () => run(found.next));
  list.addEventListener('click', (event) => {
    const line = event.target.closest('button[data-call]');
    if (line) choose(line.dataset.call);
  });
}

/** Looks for calls: the page has come into sight. */
export const shown = () => { if (found.calls.length <= PAGE) run(); };

/** Something has become of a call: whoever looks at the newest ones sees it soon. */
export function ended() {
  if (due || found.calls.length > PAGE) return;
  due = setTimeout(() => { due = null; run(); }, SETTLE_MS);
}

const fields = () => Object.fromEntries(FIELDS.map((name) => {
  const field = form.elements[name];
  return [name, field.type === 'checkbox' ? String(field.checked || '') : field.value.trim()];
}).filter(([, value]) => value));

async function run(before = null) {
  running?.abort();
  running = new AbortController();
  asked = before ? asked : fields();
  const { from, to, ...rest } = asked;
  if (!found.calls.length || before) { found = { ...found, status: 'busy' }; render(chosen); }
  try {
    const page = await api.pastCalls({ ...rest, from: from && midnight(from, 0), until: to && midnight(to, 1), limit: PAGE, before }, running.signal);
    found = { calls: before ? [...found.calls, ...page.calls] : page.calls, next: page.next, status: 'done' };
  } catch (err) {
    if (err.name === 'AbortError') return;
    found = { ...found, status: err.status === 403 ? 'refused' : 'error' };
  }
  render(chosen);
}

/** Draws the list. `open` is the call that is looked at. */
export function render(open) {
  chosen = open;
  const { calls, next, status } = found;
  note.textContent = { busy: t('searching'), error: t('past_error'), refused: t('past_refused'), done: calls.length || next ? '' : t('no_past') }[status] ?? '';
  note.hidden = !note.textContent;
  more.hidden = !next || status === 'busy';
  list.setAttribute('aria-busy', String(status === 'busy'));
  keyed(list, calls, (call) => call.call_id, (call) => drawCall(call, call.call_id === chosen), `${current()} ${chosen}`);
}

function drawCall(call, isChosen) {
  const number = call.direction === 'outbound' ? call.callee : call.caller;
  const lasted = call.ended_ms ? length(call.ended_ms - call.opened_ms) : '';
  const sign = (name, tone, words) => h('span', { class: `severity ${tone}`, title: words }, icon(name), h('span', { class: 'hidden' }, words));
  return h('li', {},
    h('button', { type: 'button', class: 'call past', 'data-call': call.call_id, 'aria-current': isChosen && 'true' },
      h('span', { class: 'name', dir: 'auto' }, call.customer?.name || number || t('unknown_number')), h('time', {}, lasted),
      h('span', { class: 'quiet' }, [moment(call.opened_ms), call.agent_id].filter(Boolean).join(' · ')),
      h('span', { class: 'signs' },
        call.urgent && sign('critical', 'critical', t('urgent')),
        call.alerts > 0 && sign('warning', 'warning', t('alerts_some', { n: call.alerts })),
        call.note === 'dead' && sign('letter', 'critical', t('crm_dead')),
        ['waiting', 'in_flight'].includes(call.note) && sign('later', 'info', t('crm_waiting')),
        call.recorded && sign('sound', 'quiet', t('recorded'))),
      call.reason && h('span', { class: 'reason', lang: langTag(call.lang), dir: 'auto' }, call.reason)));
}
