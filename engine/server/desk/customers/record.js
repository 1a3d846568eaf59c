// One customer: what is known of them, to be put right, with their tickets and what is to be done; or all that is to be done.

import * as api from '../shell/api.js';
import { announce, h, icon } from '../shell/dom.js';
import { day, t } from '../shell/i18n.js';
import { fromLines, toLines } from '../state/record.js';

const part = document.getElementById('customer-page');
const STATUSES = ['open', 'waiting', 'closed'];

/** Shows what is to be done, of everybody; an empty customer, to be added; or the one of that id. */
export async function show(what, handlers) {
  const busy = (part.busy = Symbol(what.kind));
  try {
    const drawn = what.kind === 'tasks' ? await tasks(handlers) : what.kind === 'new' ? await record(null, handlers) : await record(what.id, handlers);
    if (part.busy === busy) part.replaceChildren(...drawn);
  } catch (err) {
    if (part.busy === busy) part.replaceChildren(back(handlers), h('p', { role: 'alert' }, err.reason || t('customers_error')));
  }
  part.querySelector('h2')?.focus({ preventScroll: true });
}

const back = ({ close }) => h('button', { type: 'button', class: 'button plain back', onclick: close }, icon('arrow'), t('back_to_customers'));
const title = (text) => h('h2', { tabindex: '-1', dir: 'auto' }, text);

async function tasks(handlers) {
  const { tasks: all } = await api.tasks({ limit: 200 });
  return [back(handlers), title(t('to_do')), all.length ? taskList(all, handlers, true) : h('p', { class: 'quiet' }, t('nothing_to_do'))];
}

function taskList(all, handlers, withCustomer) {
  return h('ul', { class: 'to-do' }, all.map((task) => {
    const box = h('input', { type: 'checkbox', id: `done-${task.task_id}`, disabled: !handlers.mayEdit });
    box.addEventListener('change', () => tried(handlers, api.setTask(task.task_id, box.checked), () => announce(t(box.checked ? 'task_done' : 'task_undone')), () => { box.checked = !box.checked; }));
    return h('li', {}, box,
      h('label', { for: box.id, dir: 'auto' }, task.title),
      h('span', { class: 'quiet' }, [task.due ? t('until', { day: day(task.due.slice(0, 10)) + task.due.slice(10) }) : t('no_day'), task.ticket_id].join(' · ')),
      withCustomer && task.customer_id && h('button', { type: 'button', class: 'button plain', onclick: () => handlers.open(task.customer_id) }, t('customer')));
  }));
}

async function record(id, handlers) {
  const whole = id === null ? null : await api.customer(id);
  const known = whole ?? { customer_id: '', revision: 0, name: '', phones: [], email: '', tier: '', preferences: {}, tickets: [], tasks: [], contacts: [] };
  const problem = h('p', { class: 'problem', role: 'alert' });
  const input = (name, value, props = {}) => h('label', {}, h('span', {}, t(`customer_${name}`)), h('input', { name, value, maxlength: 200, dir: 'auto', readonly: !handlers.mayEdit, ...props }));
  const lines = (name, value, hint) => {
    const area = h('textarea', { name, rows: Math.max(2, value.length + 1), dir: 'auto', readonly: !handlers.mayEdit, placeholder: t(hint) });
    area.value = value.join('\n');
    return h('label', {}, h('span', {}, t(`customer_${name}`)), area);
  };
  const form = h('form', { autocomplete: 'off' },
    input('name', known.name, { required: true }), lines('phones', known.phones, 'phones_hint'),
    input('email', known.email), input('tier', known.tier),
    lines('preferences', toLines(known.preferences), 'preferences_hint'), problem,
    handlers.mayEdit && h('div', { class: 'foot' }, h('button', { class: 'button strong' }, t('save')),
      whole && h('button', { type: 'button', class: 'button plain', onclick: () => remove(known, handlers, problem) }, t('remove_customer'))));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const { name, phones, email, tier, preferences } = form.elements;
    const told = { revision: known.revision, name: name.value, phones: phones.value.split('\n').map((one) => one.trim()).filter(Boolean), email: email.value, tier: tier.value, preferences: fromLines(preferences.value) };
    problem.textContent = '';
    const asked = whole ? api.putCustomer(known.customer_id, told) : api.addCustomer(told);
    asked.then((kept) => { announce(t('saved')); handlers.changed(kept.customer_id); }, (err) => { problem.textContent = err.reason || t('customers_error'); });
  });
  const head = [back(handlers), title(known.name || t('add_customer')), whole && h('p', { class: 'quiet' }, known.customer_id)];
  const more = whole && [
    section('to_do', known.tasks.length > 0 && taskList(known.tasks, handlers, false), 'nothing_to_do'),
    section('all_tickets', known.tickets.length > 0 && ticketList(known.tickets, handlers), 'no_all_tickets'),
    section('all_contacts', known.contacts.length > 0 && h('ul', {}, known.contacts.map((one) => h('li', {}, h('span', { class: 'quiet' }, `${day(one.day)} · ${one.channel} `), h('span', { dir: 'auto' }, one.about)))), 'no_contacts'),
  ];
  return [...head, form, ...(more ?? [])].filter(Boolean);
}

const section = (name, content, none) => h('section', {}, h('h3', {}, t(name)), content || h('p', { class: 'quiet' }, t(none)));

function ticketList(all, handlers) {
  return h('ul', { class: 'tickets' }, all.map((ticket) => {
    const status = h('select', { 'aria-label': `${t('ticket_status')}: ${ticket.title}`, disabled: !handlers.mayEdit },
      STATUSES.map((one) => h('option', { value: one, selected: one === ticket.status }, t(`ticket_${one}`))));
    status.addEventListener('change', () => tried(handlers, api.setTicket(ticket.ticket_id, status.value), () => { announce(t('saved')); ticket.status = status.value; }, () => { status.value = ticket.status; }));
    return h('li', {},
      h('details', {}, h('summary', {}, h('span', { dir: 'auto' }, ticket.title), ' ', ticket.urgent && h('span', { class: 'tag critical' }, t('urgent'))), h('p', { class: 'note-text', dir: 'auto' }, ticket.body)),
      h('span', { class: 'quiet' }, `${ticket.ticket_id} · ${day(ticket.opened)}`), status);
  }));
}

const tried = (handlers, asked, done, undo) => asked.then(done, (err) => { undo(); handlers.failed(err.reason || t('customers_error')); });

function remove(known, handlers, problem) {
  const sure = h('div', { class: 'foot', role: 'alert' }, h('span', {}, t('remove_customer_sure', { name: known.name })),
    h('button', { type: 'button', class: 'button', onclick: () => api.removeCustomer(known.customer_id).then(() => handlers.changed(null), (err) => { problem.textContent = err.reason || t('customers_error'); }) }, t('remove_customer')),
    h('button', { type: 'button', class: 'button plain', onclick: () => { problem.replaceChildren(); } }, t('cancel')));
  problem.replaceChildren(sure);
  sure.querySelector('button').focus();
}
