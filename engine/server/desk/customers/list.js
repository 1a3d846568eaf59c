// Customers of the CRM that comes with the program: looked for by name, number, e-mail or id.

import * as api from '../shell/api.js';
import { h, keyed } from '../shell/dom.js';
import { current, t } from '../shell/i18n.js';

const PAGE = 50;
/** Somebody has stopped typing for so long. */
const PAUSE_MS = 250;

const form = document.getElementById('customers-form');
const list = document.getElementById('customers');
const note = document.getElementById('customers-note');
const more = document.getElementById('more-customers');
let found = { all: [], more: false, status: 'idle' };
let chosen = null;
let running = null;
let timer = null;

/** Prepares the list. `choose(id)` opens a customer, `remember(fields)` keeps what is looked for. */
export function start(params, choose, remember) {
  form.elements.q.value = params.get('q') ?? '';
  const again = () => { remember({ q: form.elements.q.value.trim() || null }); run(); };
  form.addEventListener('submit', (event) => { event.preventDefault(); again(); });
  form.elements.q.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(again, PAUSE_MS); });
  more.addEventListener('click', () => run(found.all.at(-1)?.customer_id));
  list.addEventListener('click', (event) => {
    const line = event.target.closest('button[data-customer]');
    if (line) choose(line.dataset.customer);
  });
}

/** Looks for them: the page has come into sight, or something has changed. */
export async function run(after = null) {
  running?.abort();
  running = new AbortController();
  try {
    const { customers } = await api.customers({ q: form.elements.q.value.trim(), after, limit: PAGE }, running.signal);
    found = { all: after ? [...found.all, ...customers] : customers, more: customers.length === PAGE, status: 'done' };
  } catch (err) {
    if (err.name === 'AbortError') return;
    // 404: the customers are in another CRM.
    found = { all: [], more: false, status: err.status === 404 ? 'elsewhere' : 'error' };
  }
  render(chosen);
}

/** Draws the list. `open` is the customer that is looked at. */
export function render(open) {
  chosen = open;
  const { all, status } = found;
  note.textContent = { error: t('customers_error'), elsewhere: t('customers_elsewhere'), done: all.length ? '' : t('no_customers') }[status] ?? '';
  note.hidden = !note.textContent;
  more.hidden = !found.more;
  keyed(list, all, (one) => one.customer_id, (one) => draw(one, one.customer_id === chosen), `${current()} ${chosen}`);
}

const draw = (one, isChosen) => h('li', {},
  h('button', { type: 'button', class: 'call', 'data-customer': one.customer_id, 'aria-current': isChosen && 'true' },
    h('span', { class: 'name', dir: 'auto' }, one.name || one.customer_id), one.tier && h('span', { class: 'tag' }, one.tier),
    h('span', { class: 'quiet' }, one.phones.join(' · ') || one.email)));
