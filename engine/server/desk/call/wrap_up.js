// Wrap-up: the note as it will be written to the CRM, for the agent to read over, change and confirm. What was typed
// survives a reload.

import { h, icon, keyed, langTag, plain } from '../shell/dom.js';
import { clock, current, t } from '../shell/i18n.js';
import { withUnsent } from './memo.js';
import { flag } from './parts.js';
import { draftOf, hasTask, hasTicket, isOpen, review } from '../state/note.js';

const KINDS = ['callback', 'send_offer', 'send_document', 'refund', 'visit', 'other'];

const part = document.getElementById('review');
/** The note that is drawn, and what the reader made of it. */
let note = null;
let draft = null;
/** Changes with each line that is added or removed. */
let shape = 0;
/** Whether the engine has not answered yet. */
let busy = false;
/** What went wrong when it was last sent. */
let failure = '';

/**
 * Prepares the form. `send(order)` asks the engine for a change and tells what went wrong; `''` if it took it.
 * `again()` draws anew.
 */
export function start(send, again) {
  part.addEventListener('input', (event) => { take(event.target); keep(); });
  part.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-do]');
    if (!button) return;
    const act = { add: () => draft.follow_ups.push({ kind: 'callback', title: '', due: '', due_time: '' }),
      remove: () => draft.follow_ups.splice(Number(button.dataset.at), 1) }[button.dataset.do];
    act();
    keep();
    shape += 1;
    again();
    const at = Math.min(draft.follow_ups.length - 1, Number(button.dataset.at ?? Infinity));
    requestAnimationFrame(() => (part.querySelector(`[name="title ${at}"]`) ?? part.querySelector('[data-do=add]'))?.focus());
  });
  const submit = async (confirm) => {
    if (busy) return;
    busy = true;
    const sent = place(note);
    failure = await send(review(note, draft, confirm));
    busy = false;
    if (!failure) stored((storage) => storage.removeItem(sent));
    const told = part.querySelector('[role=alert]');
    if (told) told.textContent = plain(failure);
  };
  part.addEventListener('submit', (event) => {
    event.preventDefault();
    submit(event.submitter?.name !== 'draft');
  });
  part.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    // The return key alone ends a field, and confirms nothing.
    if (event.target.matches('input')) event.preventDefault();
    if (event.ctrlKey || event.metaKey) part.querySelector('form')?.requestSubmit(part.querySelector('[name=confirm]'));
  });
}

/** Draws the form of a call whose note may still be changed. What the form has stands nowhere else meanwhile. */
export function render(call, may) {
  const open = call?.ended && may && isOpen(call.note) && !call.note.hidden?.includes('sensitive') ? call.note : null;
  if (call?.note && !isOpen(call.note)) stored((storage) => storage.removeItem(place(call.note)));
  part.hidden = !open;
  document.getElementById('wrap-up').hidden = !!open;
  if (open !== note) {
    if (open?.call_id !== note?.call_id) failure = '';
    note = open;
    draft = open && (kept() ?? { ...draftOf(open), memo: withUnsent(open.call_id, open.summary.memo ?? '') });
  }
  keyed(part, open ? [open] : [], () => 'review', draw, `${current()} ${shape}`);
}

/** Brings the reader to the form, if there is one. */
export const enter = () => part.querySelector('input, select, textarea')?.focus();

function draw() {
  const lang = langTag(note.summary.lang);
  const fixed = hasTicket(note);
  const field = (label, control, extra) => h('label', { class: extra }, h('span', { class: 'label' }, t(label)), control);
  const text = (name, value, rows) => h('textarea', { name, rows, lang, dir: 'auto', disabled: fixed }, value);
  const disposition = h('select', { name: 'disposition', disabled: fixed }, h('option', { value: '' }, t('choose')),
    note.dispositions.map((one) => h('option', { value: one, selected: one === draft.disposition }, t(`disposition_${one}`, {}, one))));
  return h('form', { class: 'review', autocomplete: 'off' },
    h('h2', {}, t('wrap_up'), flag('note', {}), note.state === 'review' && note.due_ms && h('span', { class: 'quiet' }, t('written_at', { time: clock(note.due_ms) }))),
    note.failure && h('p', { class: 'outcome critical' }, icon('critical'), h('span', { dir: 'auto' }, note.failure)),
    fixed && h('p', { class: 'quiet' }, t('ticket_stands')),
    field('disposition', disposition),
    field('reason', text('reason', draft.reason, 2)),
    field('actions', text('actions', draft.actions, Math.max(2, draft.actions.split('\n').length))),
    draft.promises.length > 0 && h('fieldset', { disabled: fixed }, h('legend', { class: 'label' }, t('promises')), draft.promises.map((promise, i) => drawPromise(promise, i, lang))),
    h('fieldset', {}, h('legend', { class: 'label' }, t('follow_ups')), draft.follow_ups.map((task, i) => drawTask(task, i, lang)),
      h('button', { type: 'button', class: 'button', 'data-do': 'add' }, t('add_follow_up'))),
    field('memo', text('memo', draft.memo, Math.max(2, draft.memo.split('\n').length))),
    field('keywords', h('input', { name: 'keywords', value: draft.keywords, lang, dir: 'auto', disabled: fixed })),
    h('label', { class: 'check' }, h('input', { type: 'checkbox', name: 'urgent', checked: draft.urgent, disabled: fixed }), h('span', {}, t('urgent'))),
    h('p', { role: 'alert', class: 'outcome critical' }, failure),
    h('div', { class: 'foot' },
      h('button', { type: 'submit', name: 'confirm', class: 'button strong' }, t(note.state === 'review' ? 'confirm_note' : 'send_note')),
      note.state === 'review' && h('button', { type: 'submit', name: 'draft', class: 'button' }, t('save_note')),
      h('span', { class: 'quiet' }, 'Ctrl + ↵')));
}

const drawPromise = (promise, i, lang) => h('div', { class: 'line' },
  h('textarea', { name: `promise ${i}`, rows: 1, lang, dir: 'auto', 'aria-label': `${t('promises')} ${i + 1}: ${t(promise.role)}` }, promise.text),
  h('span', { class: 'quiet' }, t(promise.role)), h('input', { type: 'date', name: `promise_due ${i}`, value: promise.due, 'aria-label': t('due') }));

function drawTask(task, i, lang) {
  const disabled = hasTask(note, i);
  const kinds = h('select', { name: `kind ${i}`, disabled, 'aria-label': t('kind') }, KINDS.map((kind) => h('option', { value: kind, selected: kind === task.kind }, t(`kind_${kind}`))));
  return h('div', { class: 'line task' }, kinds,
    h('textarea', { name: `title ${i}`, rows: 1, lang, dir: 'auto', disabled, 'aria-label': `${t('follow_ups')} ${i + 1}` }, task.title),
    h('input', { type: 'date', name: `due ${i}`, value: task.due, disabled, 'aria-label': t('due') }),
    h('input', { type: 'time', name: `due_time ${i}`, value: task.due_time, disabled, 'aria-label': t('due_time') }),
    !disabled && h('button', { type: 'button', class: 'button round', 'data-do': 'remove', 'data-at': i, 'aria-label': t('remove'), title: t('remove') }, icon('remove')));
}

/** Takes over what was typed. */
function take(control) {
  const [name, at] = control.name.split(' ');
  const value = control.type === 'checkbox' ? control.checked : control.value;
  if (at === undefined) draft[name] = value;
  else if (name === 'promise') draft.promises[at].text = value;
  else if (name === 'promise_due') draft.promises[at].due = value;
  else draft.follow_ups[at][name] = value;
}

const DRAFTS = 'sidetone.draft.';
const place = ({ call_id: callId }) => `${DRAFTS}${callId}`;

/** Storage may be switched off; the form works without. */
function stored(run) {
  try { return run(sessionStorage); } catch { return null; }
}

const keep = () => stored((storage) => storage.setItem(place(note), JSON.stringify(draft)));
const kept = () => stored((storage) => JSON.parse(storage.getItem(place(note))));

/** Forgets what was typed in all calls: whoever comes next did not write it. */
export const forgetAll = () => stored((storage) => Object.keys(storage).filter((key) => key.startsWith(DRAFTS)).forEach((key) => storage.removeItem(key)));

/** Whether somebody writes in the form. */
export const isWriting = () => part.contains(document.activeElement);
