// What the agent types and pins by hand during the call. What is typed is kept by the engine a moment after the last key, and survives a
// reload, a break of the network, and whoever types in another tab.

import { h, icon, keyed, plain, write } from '../shell/dom.js';
import { current, length, t } from '../shell/i18n.js';
import { merged } from '../state/work.js';

/** Nobody has typed for so long. */
const PAUSE_MS = 1000;
/** What could not be kept is tried again after so long. */
const AGAIN_MS = 3000;
const MEMOS = 'sidetone.memo.';

const part = document.getElementById('memo');
const area = part.querySelector('textarea');
const told = document.getElementById('memo-status');
const pins = document.getElementById('pins');
const list = document.getElementById('pins-items');
let save = async () => '';
let call = null;
/** The text that what is typed goes on from, as the engine has it. */
let base = { text: '', revision: 0 };
let timer = null;
let sending = false;
let status = '';

/**
 * Prepares both. `keep(callId, text, revision)` asks the engine and gives `{ status, reason }` of what went wrong, or nothing; `pin(what, stays)` as well;
 * `reveal(utterance)` brings words into sight.
 */
export function start({ keep, pin, reveal }) {
  save = keep;
  area.addEventListener('input', () => { store(area.value); say('memo_unsaved'); later(PAUSE_MS); });
  area.addEventListener('blur', () => { if (area.value.trimEnd() !== base.text) send(); });
  document.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-pin]');
    if (button) pin(button.dataset.pin, !('unpin' in button.dataset) && button.getAttribute('aria-pressed') !== 'true');
    const shown = event.target.closest('button[data-reveal]');
    if (shown) reveal(Number(shown.dataset.reveal));
  });
}

/** Brings the reader to the field. */
export const enter = () => area.focus();

/** What a note says of what was typed, with what the call's end was quicker than. */
export function withUnsent(callId, text) {
  const kept = stored((storage) => JSON.parse(storage.getItem(MEMOS + callId)));
  return kept ? merged(kept.base, kept.text.trimEnd(), text) : text;
}

/** Forgets what was typed in all calls: whoever comes next did not write it. */
export const forgetAll = () => stored((storage) => Object.keys(storage).filter((key) => key.startsWith(MEMOS)).forEach((key) => storage.removeItem(key)));

/** Draws both for one call while it goes on; `may`: whether the reader may type and pin. */
export function render(next, may) {
  const live = next && next.loaded && !next.ended ? next : null;
  if (call?.call_id !== live?.call_id) turnTo(live);
  call = live;
  part.hidden = !live || (!may && !live.work.memo.text);
  area.readOnly = !may;
  takeNewer();
  const all = live ? live.work.pins.map((pin) => describe(pin, live)).filter(Boolean) : [];
  pins.hidden = all.length === 0;
  keyed(list, all, (one) => one.pin, (one) => drawPin(one, may), `${current()} ${may} ${all.map((one) => one.text).join()}`);
  write(told, status && t(status));
}

function turnTo(live) {
  if (call && area.value.trimEnd() !== base.text) send();
  clearTimeout(timer);
  base = live?.work.memo ?? { text: '', revision: 0 };
  status = '';
  const kept = live && stored((storage) => JSON.parse(storage.getItem(MEMOS + live.call_id)));
  area.value = kept ? merged(kept.base, kept.text, base.text) : base.text;
  if (live && area.value !== base.text) { status = 'memo_unsaved'; later(0); }
}

/** What is under way is told of before what others have typed: it may be the same. */
function takeNewer() {
  if (!sending && call && call.work.memo.revision > base.revision) take(call.work.memo);
}

/** The engine has another text: what is typed and not kept yet goes on from it. */
function take(memo) {
  const mine = area.value.trimEnd();
  const next = mine === base.text ? memo.text : merged(base.text, mine, memo.text);
  base = memo;
  // Space at the end is where typing goes on.
  if (next !== mine) {
    const at = area.selectionStart;
    area.value = next;
    if (document.activeElement === area) area.setSelectionRange(Math.min(at, next.length), Math.min(at, next.length));
  }
  if (next === memo.text) { status = memo.text ? 'memo_saved' : ''; unstore(); } else { store(next); later(PAUSE_MS); }
}

function later(ms) {
  clearTimeout(timer);
  timer = setTimeout(send, ms);
}

async function send() {
  clearTimeout(timer);
  const { call_id: callId } = call ?? {};
  if (sending) return later(PAUSE_MS);
  const sent = area.value.trimEnd();
  if (!callId || sent === base.text) return;
  sending = true;
  const wrong = await save(callId, sent, base.revision);
  sending = false;
  if (callId !== call?.call_id) return;
  // The event tells it as the engine has it: without secrets.
  if (!wrong) base = { ...base, text: sent };
  takeNewer();
  const isKept = area.value.trimEnd() === base.text;
  if (isKept) { unstore(); say('memo_saved'); }
  // Another text has taken the place of ours: it is told as an event, and typing goes on from it.
  if (wrong && wrong.status !== 409) {
    say(wrong.status === 400 ? 'memo_refused' : 'memo_not_saved');
    if (wrong.status !== 400) later(AGAIN_MS);
  } else if (!isKept) later(wrong ? AGAIN_MS : PAUSE_MS);
}

function say(key) {
  status = key;
  write(told, t(key));
}

/** Storage may be switched off; the field works without. */
function stored(run) {
  try { return run(sessionStorage); } catch { return null; }
}

const store = (text) => call && stored((storage) => storage.setItem(MEMOS + call.call_id, JSON.stringify({ base: base.text, text })));
const unstore = () => call && stored((storage) => storage.removeItem(MEMOS + call.call_id));

/** What something that is pinned says, and where; nothing where it is not here any more. */
function describe(pin, { items, cards }) {
  const [kind, number, ...rest] = pin.split('-');
  const utterance = Number(number);
  if (kind === 'card') {
    const card = cards.find((one) => one.article_id === rest.join('-'));
    return card && { pin, utterance, text: card.say || card.title, title: card.title, at: card.start_ms };
  }
  const said = items.find((one) => one.utterance === utterance);
  return said?.text && { pin, utterance, text: said.text, title: t(said.role), at: said.start };
}

const drawPin = (one, may) => h('li', {},
  h('button', { type: 'button', class: 'plain', 'data-reveal': one.utterance, dir: 'auto' }, h('span', { class: 'quiet' }, `${plain(one.title)} · ${length(one.at)} `), one.text),
  may && h('button', { type: 'button', class: 'button round', 'data-pin': one.pin, 'data-unpin': '', 'aria-label': `${t('unpin')}: ${one.text}`, title: t('unpin') }, icon('remove')));
