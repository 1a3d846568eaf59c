// Puts the page together: listens to the engine, keeps the state, draws when it changes.

import * as api from './shell/api.js';
import * as calls from './live/list.js';
import * as captions from './call/captions.js';
import { announce, icon, plain } from './shell/dom.js';
import { current, length, preferred, t, use } from './shell/i18n.js';
import * as mood from './call/mood.js';
import * as search from './search/search.js';
import * as side from './call/side.js';
import * as wrapUp from './call/wrap_up.js';
import * as past from './past/list.js';
import * as keys from './shell/keys.js';
import { situations, successor } from './state/alerts.js';
import { cardKey } from './state/call.js';
import { gravest } from './state/heads.js';
import { acknowledged, dealtWith, empty, failed, noted, opened, opening, reduce, retried, synced, voted } from './state/store.js';

/** How long a short remark stays in sight. */
const REMARK_MS = 6000;

const params = new URLSearchParams(location.search);
const agent = params.get('agent') ?? '';
const page = document.body;
let state = empty();
const VIEWS = ['live', 'calls', 'search'];
let view = VIEWS.includes(params.get('view')) ? params.get('view') : 'live';
/** The call last looked at in each view. */
const looked = { live: null, calls: null, search: null, [view]: params.get('call') };
/** The utterance to bring into view once its call is there. */
let wanted = null;
let connection = 'connecting';
let remark = null;
let drawing = false;
/** What the reader may do. */
let may = new Set();

function change(next) {
  state = next;
  redraw();
}

function redraw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => { drawing = false; draw(); });
}

function draw() {
  calls.render(state, agent);
  captions.render(state.open, state.heads.size > 0);
  past.render(state.open?.call_id);
  side.render(state.open);
  wrapUp.render(state.open, may.has('review_notes'));
  mood.render(state.open);
  if (wanted !== null && state.open?.loaded) {
    captions.reveal(wanted);
    wanted = null;
  }
  page.dataset.view = view;
  page.dataset.open = String(state.open !== null);
  for (const tab of document.querySelectorAll('[data-go]')) tab.setAttribute('aria-current', tab.dataset.go === view ? 'page' : 'false');
  for (const tab of document.querySelectorAll('[data-pane-tab]')) tab.setAttribute('aria-pressed', String(tab.dataset.paneTab === page.dataset.pane));
  const narrowed = document.getElementById('narrowed');
  narrowed.hidden = !agent;
  narrowed.textContent = t('only_agent', { agent });
  document.getElementById('pane-list').textContent = t(view === 'search' ? 'pane_results' : view === 'calls' ? 'past_tab' : 'pane_list');
  drawConnection();
  drawCritical();
}

function drawConnection() {
  const label = { connecting: 'connecting', open: 'connected', broken: 'reconnecting' }[connection];
  const node = document.getElementById('connection');
  page.dataset.connection = connection;
  node.querySelector('span').textContent = t(remark === 'catching_up' && connection === 'open' ? 'catching_up' : label);
  const banner = document.getElementById('banner');
  const text = connection === 'broken' ? t('broken') : remark && remark !== 'catching_up' ? t(remark) : '';
  if (banner.textContent !== text) banner.textContent = text;
  banner.hidden = !text;
}

/** Critical alerts show wherever the reader is: in the title, at the tab and, where there is one pane, as a strip. */
function drawCritical() {
  const mine = [...state.heads.values()].filter((head) => !head.ended_ms && (!agent || head.agent_id === agent) && gravest(head) === 'critical');
  document.title = `${mine.length ? `(${mine.length}) ` : ''}Sidetone`;
  const badge = document.getElementById('live-badge');
  badge.hidden = mine.length === 0;
  badge.lastElementChild.textContent = mine.length;
  const shown = situations(state.open?.alerts ?? []);
  const worst = shown.find((alert) => alert.severity === 'critical' && !alert.cleared && !alert.seen);
  const strip = document.getElementById('strip');
  strip.hidden = !worst || state.open.ended;
  strip.querySelector('span').textContent = plain(worst?.message ?? '');
  const unseen = shown.filter((alert) => !alert.cleared && !alert.seen).length;
  const count = document.getElementById('help-count');
  count.hidden = unseen === 0 || state.open.ended;
  count.classList.toggle('mild', !worst);
  count.textContent = unseen;
}

function say(key) {
  remark = key;
  redraw();
  setTimeout(() => { if (remark === key) { remark = null; redraw(); } }, REMARK_MS);
}

/** Reads out what a person listening to the page has to know; what they can look up stays silent. */
function readOut(event) {
  const here = event.call_id === state.open?.call_id && view === 'live';
  if (event.kind === 'final' && here) announce(`${t(event.role)}: ${event.text}`);
  if (event.kind === 'alert_raised' && !event.folded && (here || event.severity === 'critical')) readOutAlert(event);
  if (event.kind === 'alert_cleared' && event.withdrawn && here) {
    const next = successor(state.open.alerts, event.alert);
    if (next) readOutAlert(next);
  }
  if (event.kind === 'suggestion' && here) announce(`${t('suggestions')}: ${event.title}`);
}

function readOutAlert({ severity, message, script }) {
  announce([t(severity), message, script].filter(Boolean).join('. '), severity === 'critical');
}

function onEvent(event) {
  change(reduce(state, event));
  readOut(event);
  if (view === 'calls' && ['summary', 'crm_written', 'crm_failed'].includes(event.kind)) past.ended();
  if (event.call_id === state.open?.call_id && ['summary', 'crm_written', 'crm_failed'].includes(event.kind)) loadNote(event.call_id);
  if (event.kind === 'lagged') {
    const missed = event.events_missed > 0 || event.earlier_run;
    say(missed ? 'missed' : 'catching_up');
    if (missed) sync();
  }
  // A call that is transferred to this agent is not known here yet.
  if (event.kind === 'party_joined' && !state.heads.has(event.call_id)) sync();
  // Nor is it told here what becomes of one that this agent has left.
  if (event.kind === 'party_left' && event.role === 'agent' && agent) sync();
  const free = !state.open || (agent && state.open.ended && !wrapUp.isWriting());
  if (event.kind === 'call_started' && view === 'live' && free && (!agent || event.agent_id === agent)) openCall(event.call_id);
}

/** Brings list and call in line with the engine: at the start, after a break, after missed events. */
async function sync() {
  const asked = state.heard;
  const live = await api.liveCalls().catch(() => null);
  if (live) change(synced(state, live, asked, Date.now()));
  const head = state.heads.get(state.open?.call_id);
  if (agent && view === 'live' && head && !head.ended_ms && head.agent_id !== agent) {
    looked.live = null;
    remember({ call: null });
    change({ ...state, open: null });
    say('handed_over');
  }
  if (state.open) {
    if (!state.open.ended || state.open.failed || !state.open.loaded) load(state.open.call_id);
  } else if (looked[view]) {
    openCall(looked[view]);
  } else if (view === 'live' && live) {
    const newest = live.filter((call) => !agent || call.agent_id === agent).sort((a, b) => b.opened_ms - a.opened_ms)[0];
    if (newest) openCall(newest.call_id);
  }
}

function openCall(callId, utterance = null) {
  wanted = utterance;
  looked[view] = callId;
  page.dataset.pane = 'captions';
  remember({ call: callId });
  if (state.open?.call_id === callId && state.open.loaded && !state.open.failed) return redraw();
  return load(callId);
}

async function load(callId) {
  change(opening(state, callId));
  try {
    const detail = await api.call(callId);
    if (state.open?.later) change(opened(state, detail));
    if (state.open?.ended) loadNote(callId);
  } catch (err) {
    change(failed(state, callId, err.status === 404 ? 'missing' : 'error'));
  }
}

/** Brings the note of a call that is over, as it stands now. */
async function loadNote(callId) {
  if (!may.has('review_notes') || !state.open?.summary) return;
  try {
    const note = await api.note(callId);
    change(noted(state, callId, note));
  } catch (err) {
    // What is not told for a moment is still there.
    if ([403, 404].includes(err.status)) change(noted(state, callId, null));
  }
}

/** Has the note of the call changed, and tells what went wrong; `''` if nothing did. */
async function review(order) {
  const { call_id: callId } = state.open;
  try {
    const note = await api.reviewNote(callId, order);
    change(noted(state, callId, note));
    if (!order.confirm) say('note_saved');
    return '';
  } catch (err) {
    // Somebody else was quicker: what was typed stays, over how the note stands now.
    if (err.status === 409) await loadNote(callId);
    return err.reason || t('retry_failed');
  }
}

function go(to) {
  if (to === view) return;
  view = to;
  page.dataset.pane = 'list';
  remember({ view: to === 'live' ? null : to, call: looked[to] });
  if (to === 'calls') past.shown();
  if (looked[to]) openCall(looked[to]);
  else change({ ...state, open: null });
  if (to === 'search') document.getElementById('query').focus({ preventScroll: true });
}

/** The list of the view, and the field that narrows it. */
const LISTS = { live: ['live', 'filter'], calls: ['past', null], search: ['results', 'query'] };
const stepBy = (by) => () => keys.step(document.getElementById(LISTS[view][0]), by);

function find() {
  const field = view === 'calls' ? document.querySelector('#past-form [name=customer]') : document.getElementById(LISTS[view][1]);
  if (field.hidden) go('search');
  else field.focus();
}

/** Keeps what is looked at in the page's address, so that it can be passed on and survives a reload. */
function remember(fields) {
  for (const [name, value] of Object.entries(fields)) {
    if (value) params.set(name, value);
    else params.delete(name);
  }
  history.replaceState(null, '', `?${params}`);
}

async function vote(key, useful) {
  const { call_id: callId, cards } = state.open;
  const card = cards.find((one) => cardKey(one) === key);
  if (!card || card.vote === useful) return;
  change(voted(state, key, useful));
  await api.feedback(callId, card, useful).catch(() => {
    if (state.open?.call_id === callId) change(voted(state, key, card.vote));
    say('vote_failed');
  });
}

/** An alert is seen with all that is shown under it. */
async function seen(shown) {
  const head = situations(state.open.alerts).find((alert) => alert.alert === shown);
  await Promise.all([head, ...(head.under ?? [])].map((alert) => acknowledge(alert.alert, !head.seen)));
}

async function acknowledge(number, isSeen) {
  const callId = state.open.call_id;
  change(acknowledged(state, number, isSeen));
  if (!isSeen) return; // Unfolded again, here only: what the engine was told stays told.
  // An engine without this request answers 404: then it is only remembered here.
  await api.acknowledge(callId, number).catch((err) => {
    if (err.status !== 404 && state.open?.call_id === callId) change(acknowledged(state, number, false));
  });
}

async function retryNote() {
  const { call_id: callId } = state.open;
  change(retried(state, true));
  await api.retryNote(callId).catch((err) => {
    if (state.open?.call_id === callId) change(retried(state, false));
    // 409: it has been written meanwhile, or is being written; the next event says so.
    if (err.status !== 409) say('retry_failed');
  });
}

function chooseLanguage(lang, stay) {
  use(lang, stay);
  for (const button of document.querySelectorAll('[data-lang]')) button.setAttribute('aria-pressed', String(button.dataset.lang === current()));
  search.render();
  redraw();
}

for (const node of document.querySelectorAll('[data-icon]')) node.replaceWith(icon(node.dataset.icon));
for (const tab of document.querySelectorAll('[data-go]')) tab.addEventListener('click', () => go(tab.dataset.go));
for (const tab of document.querySelectorAll('[data-pane-tab]')) tab.addEventListener('click', () => { page.dataset.pane = tab.dataset.paneTab; redraw(); });
for (const button of document.querySelectorAll('[data-lang]')) button.addEventListener('click', () => chooseLanguage(button.dataset.lang, true));
document.getElementById('strip').addEventListener('click', () => { page.dataset.pane = 'help'; redraw(); });
setInterval(() => {
  for (const node of document.querySelectorAll('[data-since]')) node.textContent = length(Date.now() - Number(node.dataset.since));
}, 1000);

keys.start([['j', 'key_next', stepBy(1)], ['k', 'key_before', stepBy(-1)], ['/', 'key_search', find],
  ['1', 'key_live', () => go('live')], ['2', 'key_calls', () => go('calls')], ['3', 'key_words', () => go('search')],
  ['d', 'key_done', side.dealWithNow], ['c', 'key_copy', side.copyNow], ['e', 'key_correct', captions.correctNewest], ['w', 'key_wrap_up', wrapUp.enter]]);
calls.start((callId) => openCall(callId), redraw);
wrapUp.start(review, redraw);
captions.start({
  retry: () => load(state.open.call_id),
  record: (order) => api.record(state.open.call_id, order).catch(() => say('record_failed')),
  correct: (utterance, text) => api.correct(state.open.call_id, utterance, text).catch(() => say('correct_failed')),
  again: redraw,
});
side.start({ vote, seen, retryNote, done: (key) => change(dealtWith(state, key)) });
/** Keeps what a form asks for in the page's address, and nothing of what it asked before. */
const rememberIn = (names) => (fields) => {
  for (const name of names) params.delete(name);
  remember(fields);
};
/** Only the form that is looked at takes over what the address says. */
const paramsOf = (of) => (view === of ? params : new URLSearchParams());
search.start(paramsOf('search'), openCall, rememberIn(search.FIELDS));
past.start(paramsOf('calls'), (callId) => openCall(callId), rememberIn(past.FIELDS));
if (view === 'calls') past.shown();
chooseLanguage(preferred(), false);
api.listen(agent, {
  onEvent,
  onState(next) {
    connection = next;
    redraw();
    if (next === 'open') sync();
    // The stream does not say why it broke; whoever is not known any more learns it here.
    if (next === 'broken') api.me().catch(() => {});
  },
});
document.getElementById('log-out').addEventListener('click', () => {
  wrapUp.forgetAll();
  api.logOut().finally(() => location.reload());
});
api.me().then((me) => {
  document.getElementById('me').hidden = !me.known;
  document.getElementById('who').textContent = plain(me.name);
  may = new Set(me.may);
  if (state.open?.ended) loadNote(state.open.call_id);
  captions.setRights({ control: may.has('control_recordings'), hear: may.has('hear_calls'), correct: may.has('correct_calls') });
  mood.setNotice(me.mood_notice && plain(me.mood_notice));
  // Calls of a time in which moods were read are still found by an address that asks for them.
  document.getElementById('mood-filter').hidden = !me.mood_notice;
  redraw();
}).catch(() => {});
