// The middle: what is said, by whom, and what is still open to change.

import { audioPath, exportPath } from '../shell/api.js';
import { h, icon, keyed, langTag, marked, plain, rangesOf } from '../shell/dom.js';
import { current, languageName, length, moment, seconds, t } from '../shell/i18n.js';
import { flag, pinButton } from './parts.js';

/** Closer than this to the end, in pixels, the words are followed. */
const NEAR = 80;

const head = document.getElementById('call-head');
const scroller = document.getElementById('captions');
const list = document.getElementById('lines');
const note = document.getElementById('captions-note');
const jump = document.getElementById('jump');
let shown = null;
let following = true;
/** The lines to whose end the reader was brought. */
let followed;
let live = false;
/** The utterance that is being corrected, and what it is to say. */
let edited = null;
/** What is pinned in the call that is drawn. */
let pinned = [];

/**
 * Prepares the pane. `retry()` loads the call again, `record(order)` changes its recording, `correct(utterance, text)`
 * what was heard; `again()` draws anew.
 */
export function start({ retry, record, correct, again }) {
  list.addEventListener('click', (event) => {
    const button = event.target.closest('[data-edit]');
    if (!button) return;
    edited = button.dataset.edit ? { utterance: Number(button.dataset.edit), text: button.dataset.text } : null;
    again();
    requestAnimationFrame(() => list.querySelector('.correct textarea')?.focus());
  });
  list.addEventListener('input', (event) => { if (edited) edited.text = event.target.value; });
  list.addEventListener('keydown', (event) => {
    if (!edited || event.isComposing) return;
    if (event.key === 'Escape') { edited = null; again(); }
    if (event.key === 'Enter' && event.target.form) { event.preventDefault(); event.target.form.requestSubmit(); }
  });
  list.addEventListener('submit', (event) => {
    event.preventDefault();
    const { utterance, text } = edited;
    edited = null;
    again();
    const line = text.replace(/\s+/g, ' ').trim();
    if (line) correct(utterance, line);
  });
  head.addEventListener('click', (event) => {
    const button = event.target.closest('[data-record]');
    if (button) record(button.dataset.record);
  });
  scroller.addEventListener('scroll', () => {
    following = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
    if (following) jump.hidden = true;
  }, { passive: true });
  // The pane may become smaller, or come into sight, while its words stay the same.
  new ResizeObserver(() => { if (live && following) toEnd(); }).observe(scroller);
  jump.addEventListener('click', () => { following = true; toEnd(); scroller.focus(); });
  note.addEventListener('click', (event) => { if (event.target.closest('button')) retry(); });
}

/** Draws the chosen call, or says why there is none; of its lines the newest, `most` of them. */
export function render(call, anyCalls, most = Infinity) {
  if ((call?.call_id ?? null) !== shown) {
    shown = call?.call_id ?? null;
    edited = null;
    following = true;
    scroller.scrollTop = 0;
  }
  live = !!call && !call.ended;
  drawHead(call);
  const all = call ? call.items.filter(visible) : [];
  const items = all.slice(-most);
  pinned = call?.work.pins ?? [];
  drawNote(call, anyCalls, (call?.left_out ?? 0) + all.length - items.length);
  const before = list.lastElementChild;
  keyed(list, items, (item) => item.key, drawItem, `${current()} ${live && may.correct} ${live && edited?.utterance} ${live && may.pin} ${pinned}`);
  // Whoever asks for the end has the page laid out at once: only where there is a new one.
  if (live && following && followed !== call.items) toEnd();
  followed = call?.items;
  jump.hidden = following || list.lastElementChild === before && jump.hidden;
}

/** Brings an utterance into view and marks it for a moment. */
export function reveal(utterance) {
  const line = list.querySelector(`[data-utterance="${Number(utterance)}"]`);
  if (!line) return;
  following = false;
  line.scrollIntoView({ block: 'center' });
  line.classList.remove('sought');
  requestAnimationFrame(() => line.classList.add('sought'));
}

/** Who the call is with, in one line. */
export const callerName = (call, name) => {
  const party = call.direction === 'outbound' ? call.callee : call.caller;
  return name || party?.e164 || party?.given || t('unknown_number');
};

const visible = (item) => item.kind !== 'said' || item.unrecognised || (!item.retracted && (item.text || item.speaking));

function toEnd() {
  scroller.scrollTop = scroller.scrollHeight;
}

const headOf = (call) => call && [current(), call.call_id, call.customer?.name, call.caller?.given, call.agent_id, call.ended,
  call.end_reason, call.opened_ms, call.loaded, call.direction, call.recording?.state, call.recording?.why, call.recorded, may.control, may.hear, JSON.stringify(call.off)].join('\n');
let headDrawn;
/** What the reader may do with recordings, and with what was heard. */
const may = { control: true, hear: true, correct: false };

/** Says what the reader may do with recordings and with what was heard. */
export function setRights(rights) {
  Object.assign(may, rights);
}

function drawHead(call) {
  if (headOf(call) === headDrawn) return;
  headDrawn = headOf(call);
  head.replaceChildren();
  if (!call) return;
  const stored = call.ended && call.opened_ms ? moment(call.opened_ms) : '';
  const number = call.customer?.name && callerName(call, '');
  const end = call.ended && t(call.end_reason ? `end_${call.end_reason}` : 'ended');
  const parts = [number, call.agent_id, t(`direction_${call.direction}`), stored, end].filter(Boolean);
  const state = h('span', { class: 'state' }, t('on_air'), ' ', h('time', { 'data-since': call.opened_ms }, length(Date.now() - call.opened_ms)));
  const link = (format) => h('a', { href: exportPath(call.call_id, format), download: `${call.call_id}.${format}`, class: 'button' },
    icon('arrow'), t(`export_${format}`));
  head.append(...[
    h('div', { class: 'who' },
      h('h2', { dir: 'auto' }, callerName(call, call.customer?.name)),
      h('p', { class: 'quiet' }, parts.map((part, i) => h('span', { class: 'piece' }, i < parts.length - 1 ? `${part} ·` : part)))),
    !call.ended && call.off.length > 0 && h('p', { class: 'off' }, call.off.map(offTag)),
    call.loaded && !call.ended && state,
    call.loaded && !call.ended && call.recording && recordingPart(call.recording),
    call.ended && call.recorded && may.hear && h('audio', { controls: 'controls', preload: 'none', src: audioPath(call.call_id), 'aria-label': t('hear_recording') }),
    call.ended && h('div', { class: 'exports', role: 'group', 'aria-label': t('exports') }, link('json'), link('vtt')),
  ].filter(Boolean));
}

/** Says whether the sound is kept, and offers to change that. */
function recordingPart({ state, why }) {
  const waits = state === 'off' && why === 'consent';
  const offered = { on: [['pause', 'recording_pause']], paused: [['resume', 'recording_resume']],
    off: waits ? [['consent_given', 'they_agree'], ['consent_refused', 'they_refuse']] : [] }[state];
  return h('p', { class: `recording ${state}` }, h('span', { class: 'tag' }, t(waits ? 'recording_waits' : `recording_${state}`)),
    may.control && offered.map(([order, label]) => h('button', { type: 'button', class: 'button', 'data-record': order }, t(label))));
}

/** Says of somebody why they are not listened to. */
export const offTag = (one) => h('span', { class: 'severity warning' }, icon('pause'), h('span', {}, t(`leg_${one.state}`, { role: t(one.role) })));

let noted;

function drawNote(call, anyCalls, leftOut) {
  const say = (...texts) => {
    if (noted === texts.join('\n')) return;
    noted = texts.join('\n');
    const [title, hint, button] = texts;
    note.replaceChildren(...[h('p', { class: 'lead' }, title), hint && h('p', {}, hint), button && h('button', { type: 'button' }, button)].filter(Boolean));
  };
  note.hidden = false;
  if (!call) return say(t(anyCalls ? 'no_call' : 'no_live'), t(anyCalls ? 'no_call_hint' : 'nothing_live_hint'));
  if (call.failed === 'missing') return say(t('missing'));
  if (call.failed) return say(t('load_error'), '', t('retry'));
  if (!call.loaded) return say(t('loading'));
  if (leftOut) return say('', t('left_out', { n: leftOut }));
  if (!call.ended && !call.items.some(visible)) return say(t('listening'));
  note.hidden = true;
}

function drawItem(item) {
  if (item.kind !== 'said') return drawMark(item);
  const attributes = { class: 'said', 'data-role': item.role, 'data-utterance': item.utterance };
  const meta = h('div', { class: 'meta' }, h('span', { class: 'who' }, t(item.role)), ' ', h('time', {}, length(item.start)));
  if (item.unrecognised) return h('li', attributes, meta, h('p', { class: 'quiet' }, item.other_lang ? t('other_language', { lang: languageName(item.other_lang) }) : t('unrecognised')));
  if (!item.text) return h('li', attributes, meta, h('p', { class: 'waiting' }, h('span', { class: 'hidden' }, t('speaking')), h('i'), h('i'), h('i')));
  const words = { lang: langTag(item.lang), dir: 'auto' };
  // Numbers are in figures; whoever doubts one can see the words it was said in.
  if (item.live) words.title = t('live_words', { words: item.live });
  else if (item.spoken && item.spoken !== item.text) words.title = plain(item.spoken);
  if (live && edited?.utterance === item.utterance) return h('li', attributes, meta, correctForm());
  if (item.final) return h('li', attributes, meta, h('p', words, marked(item.text, rangesOf(item.text, item.triggers ?? []), item.doubtful, t('doubtful')),
    item.holes > 0 && h('span', { class: 'quiet', lang: current() }, ' ', t('part_unrecognised')),
    flag('words', { utterance: item.utterance }),
    live && may.pin && pinButton(`utterance-${item.utterance}`, pinned),
    live && may.correct && h('button', { type: 'button', class: 'edit', 'data-edit': item.utterance, 'data-text': item.text, 'aria-label': t('correct'), title: t('correct') }, icon('pen'))));
  // What is unsure begins with a word, not with the space before it.
  const unsure = (item.text.startsWith(item.confirmed) ? item.text.slice(item.confirmed.length) : item.text).trimStart();
  return h('li', attributes, meta,
    h('p', words, item.text.slice(0, item.text.length - unsure.length), h('span', { class: 'unsure' }, unsure)));
}

const correctForm = () => h('form', { class: 'correct', autocomplete: 'off' },
  h('textarea', { rows: 2, dir: 'auto', maxlength: 2000, 'aria-label': t('correct') }, edited.text),
  h('button', { class: 'button strong' }, t('save')),
  h('button', { type: 'button', class: 'button', 'data-edit': '' }, t('cancel')));

/** Pins the newest words, or has them pinned no more. */
export const pinNewest = () => [...list.querySelectorAll('.said [data-pin]')].at(-1)?.click();

/** Brings the reader to the newest words that were probably misheard, to put them right. */
export const correctNewest = () => [...list.querySelectorAll('.said:has(.doubtful) .edit')].at(-1)?.click();

function drawMark(item) {
  const values = { role: item.role && t(item.role), keys: item.keys, name: item.name || t('somebody'), text: item.text, n: item.payload_type, s: seconds(item.lost_ms ?? item.waited_ms ?? 0) };
  const key = item.kind === 'leg_state' ? `leg_${item.state}`
    : item.kind === 'recording' ? (item.state === 'paused' && item.why === 'secret' ? 'recording_hushed' : `recording_${item.state}`)
    : item.kind === 'consent' ? (item.given ? 'consent_given' : 'consent_refused')
    : item.kind.startsWith('party_') && !item.name ? `${item.kind}_nameless`
      : item.kind === 'no_media' && item.payload_type !== undefined ? 'no_media_type' : item.kind;
  return h('li', { class: 'mark' }, h('span', { dir: 'auto' }, t(key, values)), ' ', h('time', {}, length(item.start)));
}
