// Whom a live call is with: chosen among those it may be, found by hand, and undone.

import { h } from '../shell/dom.js';
import { t } from '../shell/i18n.js';

const part = document.getElementById('customer-part');
const form = document.getElementById('find-customer');
const list = document.getElementById('found-customers');
const problem = document.getElementById('customer-problem');
let of = null;

/** Prepares it. `choose(customerId)`, `undo()` and `find(text)` ask the engine; the first two tell what is wrong, or ''. */
export function start({ choose, undo, find }) {
  const tried = async (asked) => { problem.textContent = await asked; };
  part.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-choose], button[data-not-them]');
    if (!button || !document.body.classList.contains('chooses-customers')) return;
    if ('notThem' in button.dataset) return tried(undo());
    clear();
    tried(choose(button.dataset.choose));
  });
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    const text = form.elements.customer_words.value.trim();
    if (!text) return;
    const { customers, wrong } = await find(text);
    problem.textContent = wrong ?? (customers.length ? '' : t('no_customer_found'));
    list.replaceChildren(...(customers ?? []).map(drawCandidate));
  });
}

function clear() {
  list.replaceChildren();
  problem.textContent = '';
  form.reset();
}

/** Draws the field for one call; `may`: whether the reader may say whom it is with. */
export function render(call, may) {
  if (of !== (call?.call_id ?? null)) clear();
  of = call?.call_id ?? null;
  const who = call?.customer;
  form.hidden = !may || !call?.loaded || Boolean(call.ended) || Boolean(who?.customer_id);
  if (form.hidden) list.replaceChildren();
  document.body.classList.toggle('chooses-customers', may && !call?.ended);
}

/** Somebody that a call may be with, and why. */
export const drawCandidate = (one) => h('li', {}, h('button', { type: 'button', class: 'hit candidate', 'data-choose': one.customer_id },
  h('span', {}, h('strong', { dir: 'auto' }, one.name || one.customer_id), one.tier && h('span', { class: 'tag' }, one.tier)),
  h('span', { class: 'quiet' }, [one.name && one.customer_id, one.known_by && one.known_by !== 'number' && t(`known_by_${one.known_by}`, { clue: one.clue ?? '' })].filter(Boolean).join(' · '))));
