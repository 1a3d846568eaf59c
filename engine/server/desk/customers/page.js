// The page of customers: a list, and beside it the one that is looked at.

import { t } from '../shell/i18n.js';
import * as list from './list.js';
import * as record from './record.js';

const page = document.body;
const part = document.getElementById('customer-page');
const tab = document.getElementById('customers-tab');
const add = document.getElementById('add-customer');
const todo = document.getElementById('to-do');
let may = { read: false, edit: false };
let open = { kind: 'tasks' };
let isShown = false;
let remember = () => {};
let say = () => {};

/** Prepares it. `keep(fields)` keeps what is looked at in the page's address, `tell(words)` says what went wrong. */
export function start(params, keep, tell) {
  remember = keep;
  say = tell;
  const id = params.get('customer');
  if (id) open = { kind: 'one', id };
  page.dataset.customer = String(Boolean(id));
  list.start(params, (chosen) => choose({ kind: 'one', id: chosen }), keep);
  add.addEventListener('click', () => choose({ kind: 'new' }));
  todo.addEventListener('click', () => choose({ kind: 'tasks' }));
}

/** What the reader may do. */
export function allow(rights) {
  may = { read: rights.has('read_customers'), edit: rights.has('edit_customers') };
  tab.hidden = !may.read;
  add.hidden = !may.edit;
  if (isShown) shown();
}

export const offered = () => may.read;

/** The page has come into sight. */
export function shown() {
  isShown = true;
  if (!may.read) return;
  list.run();
  draw();
}

/** Words of another language are chosen. */
export function render() {
  list.render(open.id);
  if (isShown && may.read) draw();
}

/** Shows one of them. */
export const show = (id) => choose({ kind: 'one', id });

function choose(what) {
  open = what;
  page.dataset.customer = 'true';
  remember({ customer: what.id ?? null });
  list.render(open.id);
  draw();
}

function draw() {
  part.hidden = false;
  todo.setAttribute('aria-current', String(open.kind === 'tasks'));
  record.show(open, {
    mayEdit: may.edit,
    open: (id) => choose({ kind: 'one', id }),
    changed: (id) => { list.run(); choose(id === null ? { kind: 'tasks' } : { kind: 'one', id }); },
    close: () => { page.dataset.customer = 'false'; },
    failed: (words) => say(words || t('customers_error')),
  });
}
