// The text of a file with its lines numbered, and what there is to say about a line beside it.

import { h, icon } from '../shell/dom.js';
import { current, t } from '../shell/i18n.js';
import { lineAt } from '../state/draft.js';

const LEAST_LINES = 12;
const field = document.getElementById('file-text');
const gutter = document.getElementById('file-lines');
const beside = document.getElementById('file-problems');
const status = document.getElementById('file-status');
let problems = [];

/** Prepares it. `typed(text)` is told what somebody types. */
export function start(typed) {
  field.addEventListener('input', () => { number(); place(); typed(field.value); });
  field.addEventListener('keydown', (event) => {
    // Set in by two, but never a trap: Escape lets Tab leave the field.
    if (event.key === 'Escape') field.dataset.leave = 'true';
    else if (event.key === 'Tab' && !event.shiftKey && !field.dataset.leave && !field.readOnly) {
      event.preventDefault();
      field.setRangeText('  ', field.selectionStart, field.selectionEnd, 'end');
      field.dispatchEvent(new Event('input', { bubbles: true }));
    }
  });
  field.addEventListener('blur', () => { delete field.dataset.leave; });
  beside.addEventListener('click', (event) => {
    const to = event.target.closest('button[data-line]');
    if (to) goTo(Number(to.dataset.line));
  });
  new ResizeObserver(place).observe(field);
}

/** Shows a text, that can be edited or not. */
export function set(text, isEditable) {
  if (field.value !== text) field.value = text;
  field.readOnly = !isEditable;
  number();
}

/** Brings a line into sight, with the caret at it. */
export function goTo(line) {
  field.focus({ preventScroll: true });
  field.setSelectionRange(...lineAt(field.value, line));
  gutter.children[line - 1]?.scrollIntoView({ block: 'center' });
}

let drawn = null;

/** Tells what there is to say about the text. */
export function tell(next, isLooking) {
  const errors = next.filter((one) => one.is_error).length;
  const text = isLooking ? t('checking') : next.length === 0 ? t('no_problems') : t('problems', { errors, warnings: next.length - errors });
  if (status.textContent !== text) status.textContent = text;
  status.className = errors && !isLooking ? 'severity critical' : 'quiet';
  if (drawn === `${current()} ${JSON.stringify(next)}`) return;
  drawn = `${current()} ${JSON.stringify(next)}`;
  problems = next;
  beside.replaceChildren(...problems.map(({ line, message, is_error: isError }) => h('li', { class: isError ? 'critical' : 'warning' },
    h('button', { type: 'button', 'data-line': line ?? 1 }, icon(isError ? 'critical' : 'warning'),
      h('span', {}, h('b', {}, line ? t('in_line', { n: line }) : t('in_file')), ' ', message)))));
  number();
  place();
}

function number() {
  const lines = Math.max(field.value.split('\n').length, LEAST_LINES);
  field.rows = lines;
  const faulty = new Map(problems.map((one) => [one.line ?? 1, one.is_error ? 'critical' : 'warning']));
  while (gutter.childElementCount > lines) gutter.lastChild.remove();
  while (gutter.childElementCount < lines) gutter.append(h('span', {}, String(gutter.childElementCount + 1)));
  for (const [at, node] of [...gutter.children].entries()) node.className = faulty.get(at + 1) ?? '';
}

/** Each remark stands at its line, or as near below it as the one before lets it. */
function place() {
  const top = (line) => gutter.children[line - 1]?.offsetTop ?? 0;
  let free = 0;
  for (const [at, node] of [...beside.children].entries()) {
    const y = Math.max(free, top(problems[at].line ?? 1));
    node.style.insetBlockStart = `${y}px`;
    free = y + node.offsetHeight + 4;
  }
}
