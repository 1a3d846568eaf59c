// What people report, below the figures of the board: how it goes by week and version, and each report.

import * as api from '../shell/api.js';
import { midnight } from '../shell/dates.js';
import { h, keyed } from '../shell/dom.js';
import { current, day, moment, seconds, t } from '../shell/i18n.js';
import { KINDS } from '../shell/friction.js';

const PAGE = 50;

const part = document.getElementById('board-friction');
const table = document.getElementById('friction-table');
const form = document.getElementById('friction-form');
const list = document.getElementById('friction-list');
const note = document.getElementById('friction-note');
const more = document.getElementById('more-friction');
let may = false;
let trend = [];
let found = { reports: [], status: 'idle', whole: true };
let asked = 0;

/** Prepares it. `choose(callId, utterance)` opens a call. */
export function start(choose) {
  form.addEventListener('submit', (event) => event.preventDefault());
  form.addEventListener('change', () => run());
  more.addEventListener('click', () => run(found.reports.at(-1).id));
  list.addEventListener('click', (event) => {
    const line = event.target.closest('button[data-call]');
    if (line) choose(line.dataset.call, line.dataset.utterance);
  });
}

/** Takes over what the reader may do. */
export function allow(rights) {
  may = rights.has('read_friction');
  part.hidden = !may;
}

/** Brings it up to date: the board has come into sight. */
export async function refresh() {
  if (!may) return;
  trend = await api.frictionTrend().then((told) => told.trend, () => []);
  run();
}

async function run(before = null) {
  const number = asked += 1;
  const { kind, version, from, to } = Object.fromEntries(new FormData(form));
  try {
    const { reports } = await api.frictionReports({ kind, version, from: from && midnight(from, 0), until: to && midnight(to, 1), before, limit: PAGE });
    if (number !== asked) return;
    found = { reports: before ? [...found.reports, ...reports] : reports, status: 'done', whole: reports.length < PAGE };
  } catch {
    if (number === asked) found = { ...found, status: 'error' };
  }
  render();
}

/** Draws it, in the language of the reader. */
export function render() {
  if (!may) return;
  table.replaceChildren(trend.length ? drawTrend() : h('p', { class: 'quiet' }, t('no_friction')));
  form.hidden = trend.length === 0;
  offer(form.elements.kind, [...new Set(Object.values(KINDS).flat())].map((kind) => [kind, t(`friction_${kind}`)]));
  offer(form.elements.version, [...new Set(trend.map(({ version }) => version))].map((version) => [version, version]));
  note.textContent = found.status === 'error' ? t('friction_error') : trend.length && !found.reports.length && found.status === 'done' ? t('friction_none') : '';
  note.hidden = !note.textContent;
  more.hidden = found.whole;
  keyed(list, found.reports, ({ id }) => id, drawReport, current());
}

/** Keeps what is chosen. */
function offer(field, options) {
  const chosen = field.value;
  field.replaceChildren(h('option', { value: '' }, t('any')), ...options.map(([value, words]) => h('option', { value }, words)));
  field.value = options.some(([value]) => value === chosen) ? chosen : '';
}

const took = (ms) => (ms === null || ms === undefined ? '' : seconds(ms));

function drawTrend() {
  const number = (text) => h('td', { class: 'number' }, String(text));
  const row = (one) => {
    const kinds = Object.entries(one.kinds).toSorted((a, b) => b[1] - a[1]);
    return h('tr', {}, h('th', { scope: 'row' }, day(new Date(one.week_ms).toISOString().slice(0, 10))), h('td', {}, one.version), number(one.calls),
      number(kinds.reduce((all, [, count]) => all + count, 0)), number(one.per_1000_calls === null ? '' : one.per_1000_calls.toFixed(1)),
      h('td', {}, kinds.map(([kind, count]) => h('span', { class: 'piece' }, `${t(`friction_${kind}`)}: ${count}`))),
      number(took(one.median_ms)), number(took(one.p95_ms)));
  };
  const heads = ['friction_week', 'friction_version', 'friction_calls', 'friction_many', 'friction_rate', 'friction', 'friction_took', 'friction_p95'];
  return h('table', {}, h('thead', {}, h('tr', {}, heads.map((head) => h('th', { scope: 'col' }, t(head))))), h('tbody', {}, trend.map(row)));
}

function drawReport(one) {
  const about = [moment(one.at_ms), one.version, one.page && t(`friction_page_${one.page}`), took(one.engine_ms ?? one.desk_ms), one.subject];
  return h('li', {},
    h('p', {}, h('strong', {}, t(`friction_${one.kind}`)), ' ', h('span', { class: 'quiet' }, about.filter(Boolean).join(' · '))),
    one.comment && h('p', { dir: 'auto' }, one.comment),
    one.words && h('p', { class: 'heard' }, h('span', {}, t('heard')), ' ', h('q', { dir: 'auto' }, one.words)),
    one.call_id && h('button', { type: 'button', class: 'button plain', 'data-call': one.call_id, 'data-utterance': one.utterance }, t('friction_open')));
}
