// What was promised so far: a line each, which whoever may review the note puts right or removes.

import { h, icon, keyed, plain } from '../shell/dom.js';
import { current, day, t } from '../shell/i18n.js';

const part = document.getElementById('promises');
const list = document.getElementById('promises-items');
const problem = document.getElementById('promises-problem');
/** The promise that is being put right, and what it is to say. */
let edited = null;
let shown = null;
let busy = false;

/**
 * Prepares the list. `edit(number, promise)` and `remove(number)` ask the engine, and tell what went wrong; `''` if nothing did.
 * `again()` draws anew.
 */
export function start({ edit, remove, again }) {
  const close = (number) => {
    edited = null;
    again();
    requestAnimationFrame(() => list.querySelector(`[data-promise="${Number(number)}"]`)?.focus());
  };
  const tried = async (asked) => {
    if (busy) return false;
    busy = true;
    const call = shown;
    const wrong = await asked();
    busy = false;
    if (shown === call) problem.textContent = plain(wrong);
    return shown === call && wrong === '';
  };
  list.addEventListener('click', async (event) => {
    const button = event.target.closest('button');
    if (!button) return;
    const { promise, removes, closes } = button.dataset;
    if (promise) {
      edited = { number: Number(promise), text: button.dataset.text, due: button.dataset.due };
      again();
      requestAnimationFrame(() => list.querySelector('form textarea')?.focus());
    }
    if (closes) close(closes);
    if (removes && await tried(() => remove(Number(removes)))) { edited = null; again(); }
  });
  list.addEventListener('input', (event) => { if (edited) edited[event.target.name] = event.target.value; });
  list.addEventListener('keydown', (event) => {
    if (!edited || event.isComposing) return;
    if (event.key === 'Escape') close(edited.number);
    if (event.key === 'Enter' && event.target.form) { event.preventDefault(); event.target.form.requestSubmit(); }
  });
  list.addEventListener('submit', async (event) => {
    event.preventDefault();
    const { number, text, due } = edited;
    const line = text.replace(/\s+/g, ' ').trim();
    if (line && await tried(() => edit(number, { text: line, due: due || null }))) close(number);
  });
}

/** Draws what was promised in one call while it goes on; `may`: whether the reader may change it. */
export function render(call, may) {
  if (shown !== (call?.call_id ?? null)) {
    shown = call?.call_id ?? null;
    edited = null;
    problem.textContent = '';
  }
  const promises = call && !call.ended ? call.work.promises : [];
  if (!promises.some((one) => one.number === edited?.number)) edited = null;
  part.hidden = promises.length === 0;
  keyed(list, promises, (one) => one.number, (one) => draw(one, may), `${current()} ${shown} ${may} ${edited?.number}`);
}

const draw = (one, may) => (edited?.number === one.number ? drawForm() : h('li', {},
  h('span', { dir: 'auto' }, one.text),
  h('span', { class: 'quiet' }, [t(one.role), one.due && t('until', { day: day(one.due) })].filter(Boolean).join(' · ')),
  may && h('button', { type: 'button', class: 'button round', 'data-promise': one.number, 'data-text': one.text, 'data-due': one.due, 'aria-label': `${t('promise_edit')}: ${one.text}`, title: t('promise_edit') }, icon('pen')),
  may && h('button', { type: 'button', class: 'button round', 'data-removes': one.number, 'aria-label': `${t('remove')}: ${one.text}`, title: t('remove') }, icon('remove'))));

const drawForm = () => h('li', {}, h('form', { autocomplete: 'off' },
  h('textarea', { name: 'text', rows: 2, dir: 'auto', maxlength: 500, 'aria-label': t('promise_text') }, edited.text),
  h('input', { type: 'date', name: 'due', value: edited.due, 'aria-label': t('due') }),
  h('button', { class: 'button strong' }, t('save')),
  h('button', { type: 'button', class: 'button', 'data-closes': edited.number }, t('cancel'))));
