// What hurts: two clicks report it, with ids and timings, and no words.

import { announce, h } from './dom.js';
import { t } from './i18n.js';

/** What can hurt about what. */
export const KINDS = {
  card: ['wrong_card', 'late_card'],
  words: ['wrong_words', 'wrong_speaker', 'late_words'],
  alert: ['false_alarm', 'late_alert'],
  page: ['slow_page', 'hard_to_find', 'wrong_person', 'slow_look_up', 'wrong_note', 'other'],
};
/** What has taken long lately counts for so long. */
const LATELY_MS = 30_000;
const CLOSE_MS = 6000;

const dialog = document.getElementById('friction');
let ask = null;
let timer = null;

/** Prepares it. `send(report)` and `undo(kept)` ask the engine; `where()` tells page and call. */
export function start({ send, undo, where }) {
  ask = { send, undo, where };
  document.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-friction]');
    if (button) open(button.dataset.friction, button.dataset);
  });
  dialog.addEventListener('close', () => clearTimeout(timer));
}

/** Asks what hurts about the page. */
export const openForPage = () => open('page', {});

function open(what, { utterance, subject }) {
  clearTimeout(timer);
  // A page is slow whichever call is open in it.
  const { page, call_id } = ask.where();
  const about = { page, call_id: what === 'page' ? undefined : call_id, utterance: utterance ? Number(utterance) : undefined, subject };
  const pick = (kind) => h('button', { type: 'button', class: 'button', onclick: () => report({ ...about, kind }) }, t(`friction_${kind}`));
  show(h('h2', { id: 'friction-title' }, t(`friction_of_${what}`)), h('p', { class: 'quiet' }, t('friction_hint')),
    h('div', { class: 'kinds' }, KINDS[what].map(pick)), h('p', { class: 'foot' }, closer('cancel')));
  dialog.showModal();
}

async function report(about) {
  try {
    const kept = await ask.send({ ...about, desk_ms: what(about.kind) });
    announce(t('friction_sent'));
    const undo = h('button', { type: 'button', class: 'button', onclick: () => ask.undo(kept).then(() => dialog.close(), fail) }, t('friction_undo'));
    show(h('h2', { id: 'friction-title' }, t('friction_sent')), h('p', { class: 'foot' }, undo, closer('close')));
    timer = setTimeout(() => dialog.close(), CLOSE_MS);
  } catch (err) {
    fail(err);
  }
}

function fail(err) {
  clearTimeout(timer);
  show(h('h2', { id: 'friction-title' }, t('friction_failed')), h('p', {}, err.reason ?? ''), h('p', { class: 'foot' }, closer('close')));
}

function show(...parts) {
  dialog.replaceChildren(...parts);
  dialog.querySelector('button')?.focus();
}

const closer = (words) => h('button', { type: 'button', class: 'button plain', onclick: () => dialog.close() }, t(words));

/** The longest that the page has waited for the engine lately. */
function what(kind) {
  if (!['slow_page', 'slow_look_up'].includes(kind)) return undefined;
  const since = performance.now() - LATELY_MS;
  const waited = performance.getEntriesByType('resource').filter((one) => one.startTime > since && one.initiatorType === 'fetch').map((one) => one.duration);
  return waited.length ? Math.round(Math.max(...waited)) : undefined;
}
