// Puts the page together: listens to the engine, keeps the state, draws when it changes.

import * as api from './shell/api.js';
import * as board from './board/board.js';
import * as reports from './board/friction.js';
import * as calls from './live/list.js';
import * as captions from './call/captions.js';
import { callerName } from './call/captions.js';
import { announce, icon, mark, plain, write } from './shell/dom.js';
import { current, length, preferred, t, use } from './shell/i18n.js';
import * as mood from './call/mood.js';
import * as search from './search/search.js';
import * as side from './call/side.js';
import * as caller from './call/who.js';
import * as wrapUp from './call/wrap_up.js';
import * as memo from './call/memo.js';
import * as promises from './call/promises.js';
import * as past from './past/list.js';
import * as alarm from './wall/alarm.js';
import * as care from './wall/care.js';
import * as wall from './wall/list.js';
import * as authors from './knowledge/editor.js';
import * as articles from './knowledge/reader.js';
import * as customers from './customers/page.js';
import * as embed from './shell/embed.js';
import * as friction from './shell/friction.js';
import * as keys from './shell/keys.js';
import { situations, successor } from './state/alerts.js';
import { cardKey } from './state/call.js';
import { gravest } from './state/heads.js';
import { acknowledged, dealtWith, empty, failed, noted, opened, opening, reduce, retried, synced, voted } from './state/store.js';

/** How long the list waits for more calls to begin before it is asked for again. */
const SYNC_MS = 15_000;
/** Lines of the call beside the wall: more of them take too long to lay out again and again. */
const WALL_LINES = 120;
/** From one drawing to the next beside the wall: events of many calls come without a pause. */
const WALL_MS = 80;
/** How long a short remark stays in sight. */
const REMARK_MS = 6000;

const params = new URLSearchParams(location.search);
const agent = params.get('agent') ?? '';
const page = document.body;
let state = empty();
/** The views: each with its list, the field that narrows it, and what its pane is called where that differs. */
const VIEWS = {
  live: { list: 'live', field: '#filter' },
  wall: { list: 'wall', field: '#wall-form [name=q]', pane: 'wall_tab' },
  calls: { list: 'past', field: '#past-form [name=customer]', pane: 'past_tab' },
  search: { list: 'results', field: '#query', pane: 'pane_results' },
  customers: { list: 'customers', field: '#customers-form [name=q]', pane: 'customers_tab' },
  // Of files none is opened by the way: beside them stand buttons that do something.
  knowledge: { field: '#files-filter' },
  board: { list: 'board-figures' },
};
let view = Object.hasOwn(VIEWS, params.get('view')) ? params.get('view') : 'live';
/** The call last looked at in each view. */
const looked = { [view]: params.get('call') };
/** The utterance to bring into view once its call is there. */
let wanted = null;
let connection = 'connecting';
let remark = null;
let drawing = false;
/** What the reader may do. */
let may = new Set();
/** Who reads: their name, and the agent that they are, if they are one. */
let reader = { name: '', known: false, agent_id: null };
/** The agent whose desk this is. */
const self = () => agent || reader.agent_id || '';
/** Whether this is the desk of the agent of a call, who reads what is written to them; others look after it. */
const isAgentOf = (call) => view !== 'wall' && (self() ? self() === call?.agent_id : !reader.known || !may.has('supervise'));

function change(next) {
  state = next;
  redraw();
}

function redraw() {
  if (drawing) return;
  drawing = true;
  const frame = () => requestAnimationFrame(() => { drawing = false; draw(); });
  if (view === 'wall') setTimeout(frame, WALL_MS);
  else frame();
}

function draw() {
  if (view === 'live') calls.render(state, agent);
  if (view === 'wall') wall.render(state, { chosen: state.open?.call_id, mayTake: may.has('supervise'), self: reader.name });
  care.render(isAgentOf(state.open) ? null : state.open, { may, self: reader.name, agentId: reader.agent_id });
  captions.render(state.open, state.heads.size > 0, view === 'wall' ? WALL_LINES : undefined);
  past.render(state.open?.call_id);
  side.render(state.open, isAgentOf(state.open), may.has('review_notes'));
  memo.render(state.open, may.has('review_notes'));
  promises.render(state.open, may.has('review_notes'));
  caller.render(state.open, may.has('review_notes'));
  wrapUp.render(state.open, may.has('review_notes'));
  mood.render(state.open);
  articles.render();
  board.render();
  if (wanted !== null && state.open?.loaded) {
    captions.reveal(wanted);
    wanted = null;
  }
  mark(page, 'data-view', view);
  mark(page, 'data-open', String(state.open !== null));
  for (const tab of document.querySelectorAll('[data-go]')) mark(tab, 'aria-current', tab.dataset.go === view ? 'page' : 'false');
  for (const tab of document.querySelectorAll('[data-pane-tab]')) mark(tab, 'aria-pressed', String(tab.dataset.paneTab === page.dataset.pane));
  const narrowed = document.getElementById('narrowed');
  narrowed.hidden = !agent;
  write(narrowed, t('only_agent', { agent }));
  write(document.getElementById('pane-list'), t(VIEWS[view].pane ?? 'pane_list'));
  drawConnection();
  drawCritical();
}

function drawConnection() {
  const label = { connecting: 'connecting', open: 'connected', broken: 'reconnecting' }[connection];
  const node = document.getElementById('connection');
  mark(page, 'data-connection', connection);
  write(node.querySelector('span'), t(remark === 'catching_up' && connection === 'open' ? 'catching_up' : label));
  const banner = document.getElementById('banner');
  const text = connection === 'broken' ? t('broken') : remark && remark !== 'catching_up' ? t(remark) : '';
  write(banner, text);
  banner.hidden = !text;
}

/** Critical alerts show wherever the reader is: in the title, at the tab and, where there is one pane, as a strip. */
function drawCritical() {
  const mine = [...state.heads.values()].filter((head) => !head.ended_ms && (!agent || head.agent_id === agent) && gravest(head) === 'critical');
  const title = `${mine.length ? `(${mine.length}) ` : ''}Sidetone`;
  if (document.title !== title) document.title = title;
  const badge = document.getElementById('live-badge');
  badge.hidden = mine.length === 0;
  write(badge.lastElementChild, mine.length);
  const shown = situations(state.open?.alerts ?? []);
  const worst = shown.find((alert) => alert.severity === 'critical' && !alert.cleared && !alert.seen);
  const strip = document.getElementById('strip');
  strip.hidden = !worst || state.open.ended;
  write(strip.querySelector('span'), plain(worst?.message ?? ''));
  const unseen = shown.filter((alert) => !alert.cleared && !alert.seen).length;
  const count = document.getElementById('help-count');
  count.hidden = unseen === 0 || state.open.ended;
  count.classList.toggle('mild', !worst);
  write(count, unseen);
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
  if (event.kind === 'message' && event.call_id === state.open?.call_id && isAgentOf(state.open)) announce(`${t('from_supervisor', { name: event.by || t('supervisor') })}: ${event.text}`, true);
  if (event.kind === 'alert_raised' && !event.folded && event.severity === 'critical') ring(event);
  if (event.kind === 'suggestion' && here) announce(`${t('suggestions')}: ${event.title}`);
}

function ring(event) {
  const head = state.heads.get(event.call_id);
  if (head && !head.claimed && (!agent || head.agent_id === agent)) alarm.ring(event, [callerName(head, head.name), head.agent_id].filter(Boolean).join(' · '));
}

function readOutAlert({ severity, message, script }) {
  announce([t(severity), message, script].filter(Boolean).join('. '), severity === 'critical');
}

function onEvent(event) {
  board.onEvent(event);
  if (!self() || event.agent_id === self()) embed.onEvent(event);
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
  if (event.kind === 'party_joined' && !state.heads.has(event.call_id)) arrived(event);
  // Nor is it told here what becomes of one that this agent has left.
  if (event.kind === 'party_left' && event.role === 'agent' && self()) sync(event.party === self() ? event.call_id : null);
  // Whether somebody has called before is told with the list alone.
  if (event.kind === 'call_started' && view === 'wall') listSoon();
  const free = !state.open || (agent && state.open.ended && !wrapUp.isWriting());
  if (event.kind === 'call_started' && view === 'live' && free && (!agent || event.agent_id === agent)) openCall(event.call_id);
}

/** A call has come to this agent, who may be in another one. */
async function arrived(event) {
  const busy = state.open && !state.open.ended;
  await sync();
  if (view !== 'live' || !self() || state.heads.get(event.call_id)?.agent_id !== self()) return;
  if (!busy && !wrapUp.isWriting()) return void (state.open?.call_id === event.call_id || openCall(event.call_id));
  say('handed_to_you');
  announce(t('handed_to_you'));
}

let syncing = null;
/** Asks for the list a little later, for all that have begun until then. */
function listSoon() {
  syncing ??= setTimeout(() => { syncing = null; bringList(); }, SYNC_MS);
}

/** Brings the list in line with the engine; `null` if it does not answer. */
async function bringList() {
  const asked = state.heard;
  const live = await api.liveCalls().catch(() => null);
  if (live) change(synced(state, live, asked, Date.now()));
  return live;
}

/**
 * Brings list and call in line with the engine: at the start, after a break, after missed events, and when this agent
 * has `left` a call.
 */
async function sync(left = null) {
  const live = await bringList();
  const head = state.heads.get(state.open?.call_id);
  const isOthers = live && left && left === state.open?.call_id && !live.some((call) => call.call_id === left && call.agent_id === self());
  if (view === 'live' && (isOthers || (agent && head && !head.ended_ms && head.agent_id !== agent))) {
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

/** Tells the framing page which call is shown, and whom it is with. */
function tellShown() {
  const call = state.open;
  if (!call) return;
  embed.tell({ type: 'shown', call_id: call.call_id });
  const who = call.customer;
  if (who?.customer_id && !who.candidates?.length) embed.tell({ type: 'customer', call_id: call.call_id, customer_id: who.customer_id, name: who.name, phone: who.phone });
}

function openCall(callId, utterance = null) {
  wanted = utterance;
  looked[view] = callId;
  page.dataset.pane = 'captions';
  remember({ call: callId });
  if (state.open?.call_id === callId && state.open.loaded && !state.open.failed) { tellShown(); return redraw(); }
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
  if (state.open?.call_id === callId) tellShown();
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
  if (to === 'knowledge') authors.shown();
  if (to === 'customers') customers.shown();
  board.shown(to === 'board');
  if (to === 'board') reports.refresh();
  if (looked[to]) openCall(looked[to]);
  else change({ ...state, open: null });
  if (to === 'search') document.getElementById('query').focus({ preventScroll: true });
}

/** Closes the call beside the wall, so that the wall has all the room. */
function wholeWall() {
  if (view !== 'wall' || !state.open) return;
  const { call_id: callId } = state.open;
  looked.wall = null;
  page.dataset.pane = 'list';
  remember({ call: null });
  change({ ...state, open: null });
  wall.focusOn(callId);
}

const stepBy = (by) => () => { if (VIEWS[view].list) keys.step(document.getElementById(VIEWS[view].list), by); };

function find() {
  const field = VIEWS[view].field && document.querySelector(VIEWS[view].field);
  if (!field || field.hidden) go('search');
  else field.focus();
}

/** Keeps what is looked at in the page's address, so that it can be passed on and survives a reload. */
function remember(fields) {
  for (const [name, value] of Object.entries(fields)) {
    if (value) params.set(name, value);
    else params.delete(name);
  }
  history.replaceState(history.state, '', `?${params}`);
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

/** The agent has read what was written to them. */
async function readMessage(message) {
  const { call_id: callId } = state.open;
  await api.readMessage(callId, message).catch(() => say('take_failed'));
}

/** Takes care of a call, or gives that up. Gives what went wrong; the events tell the rest. */
async function claim(callId) {
  const head = state.heads.get(callId);
  const by = head ? head.claimed?.by : state.open?.call_id === callId ? state.open.claimed : null;
  const mine = by === reader.name;
  return tried(mine ? api.release(callId) : api.claim(callId));
}

/** What went wrong, for whoever asked; `''` if nothing did. */
const tried = (asked) => asked.then(() => '', (err) => err.reason || t('take_failed'));

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
  alarm.render();
  authors.render();
  customers.render();
  reports.render();
  redraw();
}

mark(page, 'data-framed', String(embed.framed()));
for (const node of document.querySelectorAll('[data-icon]')) node.replaceWith(icon(node.dataset.icon));
for (const tab of document.querySelectorAll('[data-go]')) tab.addEventListener('click', () => go(tab.dataset.go));
for (const tab of document.querySelectorAll('[data-pane-tab]')) tab.addEventListener('click', () => { page.dataset.pane = tab.dataset.paneTab; redraw(); });
for (const button of document.querySelectorAll('[data-lang]')) button.addEventListener('click', () => chooseLanguage(button.dataset.lang, true));
document.getElementById('strip').addEventListener('click', () => { page.dataset.pane = 'help'; redraw(); });
setInterval(() => {
  for (const node of document.querySelectorAll('[data-since]')) node.textContent = length(Date.now() - Number(node.dataset.since));
}, 1000);

const onWall = (act) => () => { if (view === 'wall') act(); };
const onPage = (to, offered = () => true) => () => { if (offered()) go(to); };
// By page, then as they are used in a call, then those of the wall.
keys.start([['1', 'key_live', onPage('live')], ['2', 'key_calls', onPage('calls')], ['3', 'key_words', onPage('search')],
  ['4', 'key_wall', onPage('wall', () => !document.getElementById('wall-tab').hidden)], ['5', 'key_board', onPage('board', board.offered)],
  ['6', 'key_customers', onPage('customers', customers.offered)], ['7', 'key_knowledge', onPage('knowledge', () => may.has('edit_knowledge'))],
  ['/', 'key_search', find], ['j', 'key_next', stepBy(1)], ['k', 'key_before', stepBy(-1)],
  ['d', 'key_done', side.dealWithNow], ['c', 'key_copy', side.copyNow], ['e', 'key_correct', captions.correctNewest], ['p', 'key_pin', captions.pinNewest],
  ['n', 'key_memo', memo.enter], ['a', 'key_article', articles.ask], ['w', 'key_wrap_up', wrapUp.enter],
  ['t', 'key_take', () => care.press('claim')], ['m', 'key_write', () => care.press('write')], ['h', 'key_hand', () => care.press('hand')],
  ['o', 'key_sort', onWall(wall.sortNow)], ['Escape', 'key_whole', wholeWall], ['!', 'key_friction', friction.openForPage]]);
calls.start((callId) => openCall(callId), redraw);
wrapUp.start(review, redraw);
promises.start({
  edit: (number, promise) => tried(api.editPromise(state.open.call_id, number, promise)),
  remove: (number) => tried(api.removePromise(state.open.call_id, number)),
  again: redraw,
});
reports.start((callId, utterance) => { go('calls'); openCall(callId, utterance); });
friction.start({
  send: api.reportFriction,
  undo: api.withdrawFriction,
  where: () => ({ page: view, call_id: state.open?.call_id }),
});
document.getElementById('report').addEventListener('click', friction.openForPage);
memo.start({
  keep: (callId, text, revision) => api.setMemo(callId, text, revision).then(() => null, (err) => err),
  pin: (what, stays) => api.pin(state.open.call_id, what, stays).catch(() => say('pin_failed')),
  reveal: (utterance) => { page.dataset.pane = 'captions'; captions.reveal(utterance); redraw(); },
});
caller.start({
  choose: (customerId) => tried(api.chooseCustomer(state.open.call_id, customerId)),
  undo: () => tried(api.undoCustomer(state.open.call_id)),
  find: (text) => api.findCustomers(state.open.call_id, text).catch((err) => ({ wrong: err.reason || t('search_error') })),
});
captions.start({
  retry: () => load(state.open.call_id),
  record: (order) => api.record(state.open.call_id, order).catch(() => say('record_failed')),
  correct: (utterance, text) => api.correct(state.open.call_id, utterance, text).catch(() => say('correct_failed')),
  again: redraw,
});
document.getElementById('customer').addEventListener('click', (event) => {
  const button = event.target.closest('[data-open]');
  if (button) embed.tell({ type: 'open', what: button.dataset.open, id: button.dataset.id });
});
side.start({ vote, seen, retryNote, read: readMessage, done: (key) => change(dealtWith(state, key)) });
/** Keeps what a form asks for in the page's address, and nothing of what it asked before. */
const rememberIn = (names) => (fields) => {
  for (const name of names) params.delete(name);
  remember(fields);
};
/** Only the form that is looked at takes over what the address says. */
const paramsOf = (of) => (view === of ? params : new URLSearchParams());
wall.start(paramsOf('wall'), {
  choose: (callId) => openCall(callId),
  whole: wholeWall,
  claim: async (callId) => { const wrong = await claim(callId); if (wrong) say(wrong); },
  remember: rememberIn(wall.FIELDS),
});
care.start({
  claim: () => claim(state.open.call_id),
  write: (text) => tried(api.writeToAgent(state.open.call_id, text)),
  handOver: (agentId) => tried(api.handOver(state.open.call_id, agentId)),
});
alarm.start((callId) => { go('wall'); openCall(callId); });
search.start(paramsOf('search'), openCall, rememberIn(search.FIELDS));
past.start(paramsOf('calls'), (callId) => openCall(callId), rememberIn(past.FIELDS));
if (view === 'calls') past.shown();
articles.start(params, remember, () => { page.dataset.pane = 'help'; redraw(); });
authors.start(params, remember);
if (view === 'knowledge') authors.shown();
customers.start(paramsOf('customers'), remember, say);
if (view === 'customers') customers.shown();
board.start(() => go('board'), redraw);
board.shown(view === 'board');
chooseLanguage(preferred(), false);
api.listen(agent, {
  onEvent,
  onState(next) {
    connection = next;
    redraw();
    if (next === 'open') { sync(); board.sync(); }
    // The stream does not say why it broke; whoever is not known any more learns it here.
    if (next === 'broken') api.me().catch(() => {});
  },
});
document.getElementById('log-out').addEventListener('click', () => {
  wrapUp.forgetAll();
  memo.forgetAll();
  api.logOut().finally(() => location.reload());
});
api.me().then((me) => {
  document.getElementById('me').hidden = !me.known;
  document.getElementById('who').textContent = plain(me.name);
  may = new Set(me.may);
  reader = me;
  document.getElementById('wall-tab').hidden = view !== 'wall' && (agent !== '' || !me.follows_others);
  board.allow(may);
  reports.allow(may);
  if (view === 'board') reports.refresh();
  if (state.open?.ended) loadNote(state.open.call_id);
  captions.setRights({ control: may.has('control_recordings'), hear: may.has('hear_calls'), correct: may.has('correct_calls'), pin: may.has('review_notes') });
  articles.setRights(may.has('read_knowledge'));
  authors.setRights(may.has('edit_knowledge'));
  customers.allow(may);
  embed.start(me.embed_origins, {
    hello: (language) => {
      const [known] = /^(en|zh)(?![a-z])/i.exec(language) ?? [];
      if (known) chooseLanguage(known.toLowerCase(), false);
      tellShown();
    },
    show_call: (callId) => {
      if (['live', 'calls', 'wall'].includes(view)) return openCall(callId);
      looked.live = callId;
      go('live');
    },
    show_customer: (id) => { if (customers.offered()) { go('customers'); customers.show(id); } },
    focus: () => document.getElementById('captions').focus(),
  }, current());
  mood.setNotice(me.mood_notice && plain(me.mood_notice));
  // Calls of a time in which moods were read are still found by an address that asks for them.
  document.getElementById('mood-filter').hidden = !me.mood_notice;
  redraw();
}).catch(() => {});
