// A draft on past calls: what would have come up with it, and what would not have.

import * as api from '../shell/api.js';
import { h, icon, langTag, marked, rangesOf } from '../shell/dom.js';
import { length, moment, percent, t } from '../shell/i18n.js';

const part = document.getElementById('trial');
let running = null;
let state = { status: 'idle', last: 50, calls: '' };
let ask = () => null;

/** Prepares it. `draft()` gives the file that is tried. */
export function start(draft) {
  ask = draft;
  part.addEventListener('submit', (event) => {
    event.preventDefault();
    const { last, calls } = event.target.elements;
    run(Number(last.value), calls.value);
  });
  part.addEventListener('click', (event) => { if (event.target.closest('[data-stop]')) running?.abort(); });
}

/** Another file is looked at: nothing of it was tried. */
export function clear() {
  running?.abort();
  running = null;
  state = { ...state, status: 'idle', result: null };
  part.replaceChildren();
}

async function run(last, calls) {
  running?.abort();
  const own = new AbortController();
  running = own;
  state = { status: 'busy', last, calls, result: null };
  render();
  const { kind, name, text } = ask();
  const ids = calls.split(/[\s,;]+/).filter(Boolean);
  try {
    const result = await api.tryKnowledge({ kind, name, text, last, calls: ids }, own.signal);
    state = { ...state, status: 'done', result };
  } catch (err) {
    if (running !== own) return;
    state = { ...state, status: 'failed', why: err.name === 'AbortError' ? t('trial_cancelled') : err.reason || t('trial_failed') };
  }
  if (running === own) running = null;
  render();
}

/** Draws it. */
export function render() {
  const { status, last, calls, result, why } = state;
  const busy = status === 'busy';
  const held = part.contains(document.activeElement) ? document.activeElement.name : null;
  part.replaceChildren(
    h('form', { class: 'try' },
      h('label', {}, h('span', {}, t('try_last')), select(last)),
      h('label', {}, h('span', {}, t('try_calls')), h('input', { name: 'calls', value: calls, placeholder: t('try_calls_hint') })),
      h('button', { type: 'submit', class: 'button strong', name: 'go', disabled: busy }, t('try_now')),
      busy && h('button', { type: 'button', class: 'button', 'data-stop': '' }, t('cancel'))),
    h('p', { role: 'status', class: status === 'failed' ? 'severity critical' : 'quiet' }, busy ? t('trying') : status === 'failed' ? why : result ? told(result) : t('trial_hint')),
    ...(result ? [table(result)] : []));
  if (held) part.querySelector(`[name="${held}"]`)?.focus({ preventScroll: true });
}

function select(last) {
  const choice = h('select', { name: 'last' }, [20, 50, 100, 200].map((n) => h('option', { value: n }, t('last_calls', { n }))));
  choice.value = String(last);
  return choice;
}

function told({ calls, wanted, stopped }) {
  const count = (name) => calls.reduce((sum, call) => sum + call[name].length, 0);
  const stayed = calls.reduce((sum, call) => sum + call.stayed, 0);
  return [t('trial_told', { n: calls.length, came: count('came'), gone: count('gone'), stayed }),
    stopped && t(`trial_stopped_${stopped}`, { n: calls.length, wanted })].filter(Boolean).join(' ');
}

function table({ calls }) {
  const rows = calls.flatMap((call) => [...call.gone.map((help) => [call, help, 'gone']), ...call.came.map((help) => [call, help, 'came'])]
    .sort(([, a], [, b]) => a.start_ms - b.start_ms));
  if (!rows.length) return h('p', {}, t('trial_same'));
  return h('div', { class: 'scrolls', tabindex: '0', role: 'group', 'aria-label': t('trial') }, h('table', {},
    h('thead', {}, h('tr', {}, ['trial_what', 'trial_line', 'call'].map((key) => h('th', { scope: 'col' }, t(key))))),
    h('tbody', {}, rows.map(row))));
}

const row = ([call, help, way]) => h('tr', { class: way },
  h('td', {}, h('b', {}, icon(way === 'came' ? 'check' : 'remove'), t(`${way}_${help.kind}`)), h('span', { class: 'quiet', dir: 'auto' }, help.title),
    help.score !== null && h('span', { class: 'quiet' }, t('fit', { n: percent(help.score) }))),
  h('td', { dir: 'auto' }, h('span', { class: 'quiet' }, `${t(help.role ?? 'unknown')} ${length(help.start_ms)}`), h('span', { lang: langTag(call.lang) }, marked(help.text, rangesOf(help.text, help.triggers)))),
  h('td', {}, h('a', { href: `?${new URLSearchParams({ view: 'calls', call: call.call_id })}`, target: '_blank', rel: 'noopener' }, call.agent_id || call.call_id), h('time', { class: 'quiet' }, moment(call.opened_ms))));
