// What remains of a call: its summary, and what became of its note.

import { h, icon, langTag } from '../shell/dom.js';
import { day, length, t } from '../shell/i18n.js';
import { section } from './parts.js';

/** The summary. */
export function drawSummary(summary) {
  const lang = langTag(summary.lang);
  const lines = (texts) => texts?.map((text) => h('li', { lang, dir: 'auto' }, text));
  const promise = (one) => h('li', {}, h('span', { lang, dir: 'auto' }, one.text),
    h('span', { class: 'quiet' }, [t(one.role), one.due && t('until', { day: day(one.due) })].filter(Boolean).join(' · ')));
  const task = (one) => h('li', {}, h('span', { lang, dir: 'auto' }, one.title), one.due && h('span', { class: 'quiet' }, t('until', { day: [day(one.due), one.due_time].filter(Boolean).join(' ') })));
  return h('section', { class: 'summary' },
    h('h2', {}, t('summary'), summary.urgent && h('span', { class: 'severity critical' }, icon('critical'), t('urgent'))),
    summary.disposition && h('p', {}, h('span', { class: 'tag' }, t(`disposition_${summary.disposition}`, {}, summary.disposition))),
    h('p', { class: 'reason', lang, dir: 'auto' }, summary.reason),
    section('actions', lines(summary.actions)),
    section('promises', summary.promises?.map(promise)),
    section('follow_ups', summary.follow_ups?.map(task)),
    section('risks', lines(summary.risks)),
    section('memo', lines(summary.memo?.split('\n').filter(Boolean))),
    section('not_said', lines(summary.missed)),
    summary.reviewed_by !== undefined && h('p', { class: 'quiet' }, t(summary.reviewed_by ? 'reviewed_by' : 'reviewed', { name: summary.reviewed_by })),
    talkTimes(summary),
    summary.keywords?.length > 0 && h('p', { class: 'keywords', lang, 'aria-label': t('keywords') }, summary.keywords.map((word) => h('span', { class: 'tag' }, word))));
}

function talkTimes({ agent_talk_ms: agent, customer_talk_ms: customer }) {
  const bar = h('span', { class: 'bar', 'aria-hidden': 'true' }, h('i'));
  bar.firstChild.style.inlineSize = `${(100 * agent) / Math.max(1, agent + customer)}%`;
  return h('div', { class: 'talk' }, h('h3', {}, t('talk')), bar,
    h('p', { class: 'quiet' }, h('span', {}, `${t('agent')} ${length(agent)}`), h('span', {}, `${t('customer')} ${length(customer)}`)));
}

/** What became of the note; `waiting` while nothing is known. */
export function drawCrm(crm) {
  if (crm === 'waiting') return outcome('', 'later', t('crm_waiting'));
  if (crm.kind === 'crm_failed') {
    if (crm.asked) return outcome('', 'later', t('crm_waiting'), h('p', { class: 'quiet', dir: 'auto' }, crm.reason));
    return outcome(crm.retrying ? 'warning' : 'critical', crm.retrying ? 'later' : 'critical', t(crm.retrying ? 'crm_retrying' : 'crm_dead'),
      h('p', { class: 'quiet', dir: 'auto' }, crm.reason), h('p', { class: 'quiet' }, t('attempts', { n: crm.attempts })),
      h('button', { type: 'button', class: 'button', 'data-retry': 'note' }, t('crm_retry')));
  }
  const task = (id, i) => h('li', { class: 'quiet' }, [t('task', { id }), crm.due?.[i] && t('until', { day: day(crm.due[i]) })].filter(Boolean).join(' · '));
  return outcome('good', 'check', t('crm_written', { id: crm.ticket_id }), crm.task_ids?.length > 0 && h('ul', {}, crm.task_ids.map(task)));
}

const outcome = (tone, sign, text, ...more) => h('section', { class: 'crm' }, h('h2', {}, t('crm')),
  h('p', { class: `outcome ${tone}` }, icon(sign), h('strong', {}, text)), ...more);
