// Whom one speaks with: pinned on top, the rest unfolds.

import { h } from '../shell/dom.js';
import { framed } from '../shell/embed.js';
import { day, known, t } from '../shell/i18n.js';
import { flag, section } from './parts.js';
import { drawCandidate } from './who.js';

/** The customer of a call; `none` if nobody was found. */
export function drawCustomer(who) {
  if (who === 'none') return h('p', { class: 'quiet' }, t('not_identified'), flag('customer', {}));
  if (who.candidates?.length > 0) return drawCandidates(who);
  if (!who.customer_id && !who.name) return h('p', { class: 'quiet' }, t('not_known_who'), flag('customer', {}));
  const ticket = (one) => h('li', {}, h('span', { dir: 'auto' }, one.title),
    h('span', { class: 'quiet' }, [one.ticket_id, known(one.status), one.opened && t('since', { day: day(one.opened) })].filter(Boolean).join(' · ')),
    framed() && one.ticket_id && h('button', { type: 'button', class: 'button plain', 'data-open': 'ticket', 'data-id': one.ticket_id }, t('open_in_crm')));
  const contact = (one) => h('li', {}, h('span', { dir: 'auto' }, one.about),
    h('span', { class: 'quiet' }, [day(one.day), known(one.channel)].filter(Boolean).join(' · ')));
  const preferences = Object.entries(who.preferences ?? {});
  const tickets = who.open_tickets ?? [];
  const [last] = who.last_contacts ?? [];
  const short = [t(tickets.length === 1 ? 'tickets_one' : tickets.length ? 'tickets_some' : 'no_tickets', { n: tickets.length }), last && t('last_contact', { day: day(last.day) })];
  return h('div', {},
    h('p', { class: 'person' }, h('strong', { dir: 'auto' }, who.name || who.phone), who.tier && h('span', { class: 'tag' }, who.tier), flag('customer', {}),
      h('button', { type: 'button', class: 'button plain not-them', 'data-not-them': '' }, t('not_them'))),
    h('p', { class: 'quiet' }, [who.phone, who.email, who.customer_id].filter(Boolean).map((one) => h('span', { class: 'piece wide' }, one))),
    ['chosen_before', 'chosen'].includes(who.known_by) && h('p', { class: 'quiet' }, t(`known_by_${who.known_by}`)),
    framed() && who.customer_id && h('button', { type: 'button', class: 'button plain', 'data-open': 'customer', 'data-id': who.customer_id }, t('open_in_crm')),
    h('details', { 'data-fold': 'customer' },
      h('summary', {}, h('span', { class: 'short' }, short.filter(Boolean).join(' · '))),
      section('tickets', tickets.map(ticket)),
      section('contacts', who.last_contacts?.map(contact)),
      preferences.length > 0 && h('h3', {}, t('preferences')),
      preferences.length > 0 && h('dl', {}, preferences.map(([key, value]) => [h('dt', { dir: 'auto' }, key), h('dd', { dir: 'auto' }, value)]).flat())));
}

/** It may be one of several: who they are, and nothing as if it were sure. */
function drawCandidates(who) {
  const several = who.candidates.length > 1;
  return h('div', {}, h('p', {}, t(several ? 'several_customers' : 'one_customer', { n: who.candidates.length }), flag('customer', {})),
    h('p', { class: 'quiet' }, who.phone), h('ul', { class: 'candidates' }, who.candidates.map(drawCandidate)));
}
