// What hurts: two clicks report it, with ids and timings, and with words only where whoever reports it adds them.

import { announce, h } from './dom.js';
import { t } from './i18n.js';

/** What can hurt about what. */
export const KINDS = {
  card: ['wrong_card', 'late_card'],
  words: ['wrong_words', 'wrong_speaker', 'late_words'],
  alert: ['false_alarm', 'late_alert'],
  customer: ['wrong_person', 'slow_look_up', 'other'],
  article: ['wrong_card', 'outdated', 'other'],
  note: ['wrong_note', 'other'],
  page: ['slow_page', 'hard_to_find', 'wrong_person', 'slow_look_up', 'wrong_note', 'other'],
};
/** What has taken long lately counts for so long. */
const LATELY_MS = 30_000;

const dialog = document.getElementById('friction');
let ask = null;

/** Prepares it. `send(report)` and `undo(kept)` ask the engine; `where()` tells page and call. */
export function start({ send, undo, where }) {
  ask = { send, undo, where };
  document.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-friction]');
    if (button) open(button.dataset.friction, button.dataset);
  });
  // Beside it.
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  // The browser keeps some hundred timings, and then no new ones.
  performance.addEventListener('resourcetimingbufferfull', () => performance.clearResourceTimings());
}

/** Asks what hurts about the page. */
export const openForPage = () => open('page', {});

function open(what, { utterance, subject }) {
  // A page is slow whichever call is open in it.
  const { page, call_id } = ask.where();
  const about = { page, call_id: what === 'page' ? undefined : call_id, utterance: utterance ? Number(utterance) : undefined, subject };
  const comment = h('input', { maxlength: '500', dir: 'auto', 'aria-describedby': 'friction-hint' });
  const words = about.utterance && h('input', { type: 'checkbox' });
  const said = () => ({ comment: comment.value.trim() || undefined, with_words: words?.checked || undefined });
  const pick = (kind) => h('button', { type: 'button', class: 'button', onclick: () => report({ ...about, ...said(), kind }) }, t(`friction_${kind}`));
  show(h('h2', { id: 'friction-title' }, t(`friction_of_${what}`)),
    h('label', { class: 'comment' }, h('span', { class: 'quiet' }, t('friction_comment')), comment),
    words && h('label', { class: 'check' }, words, h('span', {}, t('friction_with_words'))),
    h('p', { class: 'quiet', id: 'friction-hint' }, t('friction_hint')),
    h('div', { class: 'kinds' }, KINDS[what].map(pick)), h('p', { class: 'foot' }, closer('cancel')));
  dialog.showModal();
  dialog.querySelector('.kinds button').focus();
}

async function report(about) {
  try {
    const kept = await ask.send({ ...about, desk_ms: waited(about.kind) });
    announce(t('friction_sent'));
    const undo = h('button', { type: 'button', class: 'button', onclick: () => ask.undo(kept).then(() => dialog.close(), fail) }, t('friction_undo'));
    show(h('h2', { id: 'friction-title' }, t('friction_sent')), h('p', { class: 'foot' }, closer('close'), undo));
    dialog.querySelector('button').focus();
  } catch (err) {
    fail(err);
  }
}

function fail(err) {
  show(h('h2', { id: 'friction-title' }, t('friction_failed')), h('p', {}, err.reason ?? ''), h('p', { class: 'foot' }, closer('close')));
  dialog.querySelector('button').focus();
}

function show(...parts) {
  dialog.replaceChildren(...parts.filter(Boolean));
}

const closer = (words) => h('button', { type: 'button', class: 'button plain', onclick: () => dialog.close() }, t(words));

/** The longest that the page has waited for the engine lately. */
function waited(kind) {
  if (!['slow_page', 'slow_look_up'].includes(kind)) return undefined;
  const since = performance.now() - LATELY_MS;
  const took = performance.getEntriesByType('resource').filter((one) => one.startTime > since && one.initiatorType === 'fetch').map((one) => one.duration);
  return took.length ? Math.round(Math.max(...took)) : undefined;
}
