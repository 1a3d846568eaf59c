// The operations board: figures over time, and thresholds on them.

import { GROUPS } from './groups.js';
import { form, open as edit } from './form.js';
import * as api from '../shell/api.js';
import { announce, h, icon, keyed, plain } from '../shell/dom.js';
import { clock, current, moment, t } from '../shell/i18n.js';
import { asSet, extremes, merged, nothing, raisedOf, toShown, turned, unitOf, windowOf, withThreshold } from '../state/board.js';

/** The engine is not asked more often than this. */
/** No chart shows less time. */
const LEAST_SHOWN_S = 300;
const LEAST_MS = 1000;

const place = document.getElementById('board');
const list = document.getElementById('board-figures');
const note = document.getElementById('board-note');
const thresholds = document.getElementById('thresholds');
const add = document.getElementById('add-threshold');
const choice = document.getElementById('board-window');
const banner = document.getElementById('thresholds-banner');

let board = nothing();
let raised = new Map();
let may = { read: false, edit: false, reports: false };
let visible = false;
let timer = null;
/** Whether a request is under way, and whether another has been wanted since. */
let asking = false;
let askAgain = false;
let Chart = null;
let problem = '';
let drawn = '';
let again = () => {};
const charts = new Map();
/** The figures whose charts are large. */
const large = new Set();

/** Prepares the page. `go` brings it into sight, `redraw` has everything drawn anew. */
export function start(go, redraw) {
  again = redraw;
  banner.querySelector('button').addEventListener('click', go);
  choice.addEventListener('change', () => draw(true));
  add.addEventListener('click', () => editOne(null));
  thresholds.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-threshold]');
    if (!button) return;
    const one = board.thresholds.find(({ id }) => id === button.dataset.threshold);
    if (button.dataset.act === 'remove') save(board.thresholds.filter((other) => other !== one));
    else editOne(one);
  });
  list.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-figure]');
    if (button) enlarge(button);
  });
  form(board);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => charts.forEach((chart) => chart.again()));
  document.addEventListener('visibilitychange', follow);
}

/** Takes over what the reader may do; whoever may not see the board is not offered it. */
export function allow(rights) {
  may = { read: rights.has('read_metrics'), edit: rights.has('edit_thresholds'), reports: rights.has('read_friction') };
  document.querySelector('[data-go=board]').hidden = !offered();
  for (const figures of place.querySelectorAll('[data-figures]')) figures.hidden = !may.read;
  add.hidden = !may.edit;
  sync();
  follow();
}

/** Whether the reader may see it. */
export const offered = () => may.read || may.reports;

/** The page has come into sight, or has gone. */
export async function shown(now) {
  visible = now;
  if (now) ({ Chart } = await import('./chart.js'));
  follow();
}

/** Asks which thresholds are passed: at the start, and after a break. */
export async function sync() {
  if (!may.read) return;
  const view = await api.thresholds().catch(() => null);
  if (view) take({ ...board, ...view });
}

/** A threshold has turned, as events tell. */
export function onEvent(event) {
  if (!event.kind.startsWith('threshold_')) return;
  const before = raised.has(event.threshold);
  raised = turned(raised, event);
  if (event.kind === 'threshold_raised' && !before) announce(t('threshold_raised_said', { name: nameOf({ ...event, id: event.threshold }) }));
  if (visible) ask();
  again();
}

function follow() {
  clearTimeout(timer);
  timer = null;
  if (visible && may.read && !document.hidden) ask();
}

/** Asks for what has come since; one request at a time, so that no sample comes twice. */
async function ask() {
  clearTimeout(timer);
  if (asking) { askAgain = true; return; }
  asking = true;
  askAgain = false;
  try {
    const view = await api.board(board.times.at(-1) ?? 0);
    problem = '';
    take(merged(board, view));
  } catch (err) {
    problem = err.status === 403 ? 'board_refused' : 'board_error';
    again();
  }
  asking = false;
  clearTimeout(timer);
  if (askAgain) return ask();
  if (visible && !document.hidden) timer = setTimeout(ask, Math.max(LEAST_MS, board.step_ms));
}

function take(next) {
  board = next;
  raised = raisedOf(board.thresholds);
  drawn = '';
  again();
}

/** How people call a threshold: by its name, or by its figure. */
const nameOf = ({ name, figure }) => plain(name) || t(`figure_${figure}`);

/** Draws the banner wherever the reader is, and the board if they look at it. */
export function render() {
  const text = raised.size ? t(raised.size === 1 ? 'threshold_passed' : 'thresholds_passed', { n: raised.size, names: [...raised.values()].map(nameOf).join(', ') }) : '';
  const said = banner.querySelector('span');
  if (said.textContent !== text) said.textContent = text;
  banner.hidden = !text;
  if (visible) draw(false);
}

function draw(force) {
  const state = `${current()} ${problem} ${board.times.at(-1)} ${board.revision} ${[...raised.keys()]} ${board.thresholds.map((one) => one.standing)}`;
  if (!force && state === drawn) return;
  drawn = state;
  const last = board.times.at(-1);
  note.textContent = problem ? t(problem) : last ? t('board_at', { time: clock(last) }) : t('board_waits');
  keyed(list, board.figures.length ? GROUPS : [], ({ name }) => name, drawGroup, current());
  for (const one of board.figures) drawFigure(one);
  keyed(thresholds, board.thresholds, ({ id }) => id, drawThreshold, `${current()} ${may.edit}`);
  document.getElementById('no-thresholds').hidden = board.thresholds.length > 0;
  place.setAttribute('aria-busy', String(!last && !problem));
}

function drawGroup({ name, figures }) {
  return h('section', { class: 'figures', 'aria-labelledby': name }, h('h3', { id: name }, t(name)), h('ul', {}, figures.map((figure) => h('li', { class: large.has(figure) ? 'figure large' : 'figure', id: `figure-${figure}` },
    h('button', { type: 'button', class: 'figure-name', 'data-figure': figure, 'aria-expanded': String(large.has(figure)), title: t('board_enlarge') }, t(`figure_${figure}`)),
    h('p', { class: 'value' }), h('p', { class: 'quiet usual' }), h('div', { class: 'chart', role: 'img' })))));
}

function enlarge(button) {
  const card = button.closest('.figure');
  const { figure } = button.dataset;
  if (!large.delete(figure)) large.add(figure);
  card.classList.toggle('large', large.has(figure));
  button.setAttribute('aria-expanded', String(large.has(figure)));
  charts.get(figure)?.again(large.has(figure));
}

const windowMs = () => Number(choice.value) * 60000;

function drawFigure({ figure, unit, value, usual }) {
  const card = document.getElementById(`figure-${figure}`);
  if (!card) return;
  const own = board.thresholds.filter((one) => one.figure === figure);
  const passed = own.some((one) => raised.has(one.id));
  card.classList.toggle('passed', passed);
  const told = value === null || value === undefined ? t('board_nothing') : written(value, unit);
  card.querySelector('.value').replaceChildren(...(passed ? [icon('warning'), h('span', { class: 'hidden' }, t('standing_raised'))] : []), told);
  const samples = windowOf(board, figure, windowMs());
  const range = extremes(samples[1]);
  const isKnown = (one) => one !== null && one !== undefined;
  card.querySelector('.usual').textContent = [!isKnown(value) && range && t('board_last', { value: written(range.last, unit) }),
    isKnown(usual) && t('board_usual', { value: written(usual, unit) })].filter(Boolean).join(' · ');
  const name = t(`figure_${figure}`);
  const chart = card.querySelector('.chart');
  chart.setAttribute('aria-label', range ? t('board_chart', { name, lowest: written(range.lowest, unit), highest: written(range.highest, unit), last: written(range.last, unit) }) : t('board_chart_empty', { name }));
  if (!Chart) return;
  let drawnChart = charts.get(figure);
  if (drawnChart?.place !== chart) {
    drawnChart?.end();
    drawnChart = new Chart(chart, { time: (at) => clock(at * 1000), value: (one) => written(one, unit) });
    charts.set(figure, drawnChart);
    drawnChart.large = large.has(figure);
  }
  const limit = own.find((one) => one.measure === 'value')?.limit;
  // A young engine has the whole width for what there is.
  const lasted = samples[0].length > 1 ? samples[0].at(-1) - samples[0][0] : 0;
  drawnChart.show(samples, Math.min(windowMs() / 1000, Math.max(LEAST_SHOWN_S, lasted)), limit);
}

/** A value with its unit. */
function written(value, unit, measure = 'value') {
  const number = toShown(value, unit, measure);
  const digits = Math.abs(number) >= 100 || Number.isInteger(number) ? 0 : Math.abs(number) >= 10 ? 1 : Math.abs(number) >= 1 ? 2 : 3;
  const text = number.toLocaleString(current() === 'zh' ? 'zh-CN' : 'en-GB', { maximumFractionDigits: digits });
  return t(`unit_${unitOf(unit, measure)}`, { n: text });
}

const unitOfFigure = (figure) => board.figures.find((one) => one.figure === figure)?.unit ?? 'count';

function drawThreshold(one) {
  const unit = unitOfFigure(one.figure);
  const tone = { raised: 'warning', easing: 'warning', watched: 'info', calm: 'fine' }[one.standing];
  const sign = { raised: 'warning', easing: 'later', watched: 'later', calm: 'check' }[one.standing];
  const said = [one.name && t(`figure_${one.figure}`), one.measure !== 'value' && t(`measure_${one.measure}`), t(`side_${one.side}`, { limit: written(one.limit, unit, one.measure) }),
    one.for_s > 0 && t('threshold_for', { s: one.for_s })].filter(Boolean).join(' · ');
  const act = (name, drawing, words) => h('button', { type: 'button', class: 'button round', 'data-threshold': one.id, 'data-act': name, 'aria-label': `${words}: ${nameOf(one)}`, title: words }, icon(drawing));
  return h('li', { class: 'threshold', 'data-standing': one.standing },
    h('span', { class: `severity ${tone}` }, icon(sign), t(`standing_${one.standing}`)),
    h('span', { class: 'name', dir: 'auto' }, nameOf(one)),
    h('span', { class: 'quiet' }, said),
    h('span', { class: 'quiet' }, [one.measured !== undefined && t('threshold_measured', { value: written(one.measured, unit, one.measure) }),
      one.since_ms && t('threshold_since', { time: moment(one.since_ms) })].filter(Boolean).join(' · ')),
    may.edit && h('span', { class: 'acts' }, act('edit', 'pen', t('threshold_edit')), act('remove', 'remove', t('remove'))));
}

const editOne = (one) => edit(one, board, (set) => save(withThreshold(board.thresholds, set)));

/** Has the engine take these; gives what went wrong, or `''`. */
async function save(all) {
  try {
    const view = await api.setThresholds(board.revision, all.map(asSet));
    take({ ...board, ...view });
    return '';
  } catch (err) {
    // Somebody else was quicker: what was typed stays, over how things stand now.
    if (err.status === 409) await sync();
    const why = err.status === 409 ? t('threshold_changed') : err.status === 403 ? t('threshold_refused') : plain(err.reason) || t('retry_failed');
    announce(why, true);
    return why;
  }
}
