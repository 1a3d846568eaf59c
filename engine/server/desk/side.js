// The right: what helps. Alerts first; after the call what remains of it; then the strain (mood.js), customer and cards.

import { h, icon, keyed, langTag } from './dom.js';
import { current, day, known, length, percent, seconds, t } from './i18n.js';
import { cardKey, situations } from './store.js';

/** Alerts and cards that are unfolded by themselves, the first of each. The reader may unfold any. */
const UNFOLDED = 2;

const part = (id) => document.getElementById(id);
const lists = { alerts: part('alerts'), wrapUp: part('wrap-up'), customer: part('customer'), cards: part('cards') };
/** What the reader folded or unfolded in the call that is shown. */
let folds = new Map();
let shown;

/** Prepares the pane. `vote(key, useful)`, `seen(alert)` and `retryNote()` are what a reader can do in it. */
export function start(vote, seen, retryNote) {
  lists.wrapUp.addEventListener('click', (event) => { if (event.target.closest('button[data-retry]')) retryNote(); });
  lists.cards.addEventListener('click', (event) => {
    const thumb = event.target.closest('button[data-useful]');
    if (thumb) vote(thumb.closest('[data-fold]').dataset.fold, thumb.dataset.useful === 'true');
  });
  lists.alerts.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-alert]');
    if (!button) return;
    folds.delete(button.closest('[data-fold]').dataset.fold);
    seen(Number(button.dataset.alert));
  });
  for (const list of [lists.alerts, lists.cards]) {
    list.addEventListener('click', (event) => {
      const title = event.target.closest('summary');
      if (title) folds.set(title.closest('[data-fold]').dataset.fold, !title.parentElement.open);
    });
  }
}

/** Draws all of it for one call. */
export function render(call) {
  if (shown !== call?.call_id) {
    shown = call?.call_id;
    folds = new Map();
  }
  const setting = `${current()} ${shown}`;
  part('alerts-part').hidden = !call?.alerts.length;
  order(call);
  part('customer-part').hidden = !call?.loaded;
  part('cards-part').hidden = !call?.loaded;
  keyed(lists.alerts, situations(call?.alerts ?? []), (alert) => alert.alert, drawAlert, setting);
  keyed(lists.wrapUp, call?.summary ? [call.crm ?? 'waiting', call.summary] : [],
    (one) => (one.kind === 'summary' ? 'summary' : 'crm'), (one) => (one.kind === 'summary' ? drawSummary(one) : drawCrm(one)), setting);
  keyed(lists.customer, call ? [call.customer ?? 'none'] : [], () => 'customer', drawCustomer, setting);
  keyed(lists.cards, call?.cards ?? [], cardKey, drawCard, setting);
  fold(lists.alerts, (node, i) => i < UNFOLDED && !call.ended && !node.classList.contains('seen'));
  fold(lists.cards, (_, i) => i < UNFOLDED);
  part('no-cards').hidden = !!call?.cards.length;
  part('no-cards').textContent = t(call?.ended ? 'no_cards_after' : 'no_cards');
}

/**
 * What is needed most stands first: alerts while the call goes on, what remains of it afterwards; whom
 * one speaks with until there is something to say to them.
 */
function order(call) {
  const [first, second] = call?.ended ? ['wrap-up', 'alerts-part'] : ['alerts-part', 'wrap-up'];
  const [third, fourth] = call?.cards.length ? ['cards-part', 'customer-part'] : ['customer-part', 'cards-part'];
  const wanted = [first, second, 'mood-part', third, fourth].map(part);
  const pane = wanted[0].parentElement;
  if (wanted.some((node, i) => pane.children[i] !== node)) pane.append(...wanted);
  pane.classList.toggle('after', call?.ended === true);
}

/** Unfolds what the reader wants unfolded, or `byItself` as long as they have not said. */
function fold(list, byItself) {
  [...list.children].forEach((node, i) => {
    const details = node.querySelector('details');
    if (details) details.open = folds.get(node.dataset.fold) ?? byItself(node, i);
  });
}

function drawAlert(alert) {
  const { severity, cleared, seen, under } = alert;
  const kind = h('p', { class: 'kind' }, icon(cleared ? 'check' : severity), h('strong', {}, t(severity)),
    h('span', {}, `· ${cleared ? t(over(cleared)) : t(`act_${alert.action}`)}`), h('time', {}, length(alert.start_ms)),
    !cleared && h('button', { type: 'button', class: 'button round', 'data-alert': alert.alert, 'aria-pressed': String(!!seen), 'aria-label': t('mark_seen'), title: t('mark_seen') }, icon('check')));
  if (cleared) {
    return h('li', { class: 'alert over' }, kind, h('p', {}, message(alert)), cleared.why && h('p', { class: 'quiet', dir: 'auto' }, cleared.why), folded(under));
  }
  return h('li', { class: `alert ${severity}${seen ? ' seen' : ''}`, 'data-fold': `alert ${alert.alert}` }, kind,
    h('details', {},
      h('summary', {}, h('h3', { dir: 'auto' }, alert.message)),
      alert.script && h('blockquote', { dir: 'auto' }, h('span', { class: 'label' }, t('say')), alert.script),
      alert.why && h('p', { class: 'quiet', dir: 'auto' }, alert.why),
      heard(alert.triggers?.filter((words) => !alert.why?.includes(words))),
      folded(under)));
}

const over = ({ withdrawn }) => (withdrawn ? 'withdrawn' : 'cleared');

/** What an alert says; struck through if it was raised in error. */
const message = ({ message: text, cleared }) => h(cleared?.withdrawn ? 's' : 'span', { dir: 'auto' }, text);

/** The other alerts of a situation: what they say and why, nothing to do. */
function folded(alerts) {
  const one = (alert) => h('li', {}, icon(alert.cleared ? 'check' : alert.severity), message(alert),
    h('span', { class: 'quiet', dir: 'auto' }, alert.cleared ? t(over(alert.cleared)) : alert.why));
  return alerts?.length > 0 && h('ul', { class: 'under', 'aria-label': t('also') }, alerts.map(one));
}

function drawCard(card) {
  const thumb = (useful) => h('button', { type: 'button', class: `button round ${useful ? '' : 'flip'}`, 'data-useful': String(useful),
    'aria-pressed': String(card.vote === useful), 'aria-label': t(useful ? 'useful' : 'not_useful'), title: t(useful ? 'useful' : 'not_useful') }, icon('thumb'));
  const lang = langTag(card.lang);
  return h('li', { class: 'card', 'data-fold': cardKey(card) },
    h('details', {},
      h('summary', {}, h('h3', { lang, dir: 'auto' }, card.title), h('time', {}, length(card.start_ms))),
      card.say && h('blockquote', { lang, dir: 'auto' }, h('span', { class: 'label', lang: null }, t('say')), card.say),
      card.snippet && h('p', { class: 'snippet', lang, dir: 'auto' }, card.snippet),
      heard(card.triggers),
      h('div', { class: 'foot' },
        h('span', { class: 'quiet' }, [t('fit', { n: percent(card.score) }), card.latency_ms !== undefined && t('after', { s: seconds(card.latency_ms) })].filter(Boolean).join(' · ')),
        thumb(true), thumb(false))));
}

function heard(triggers) {
  const words = triggers?.filter((trigger) => trigger !== '') ?? [];
  return words.length > 0 && h('p', { class: 'heard' }, h('span', {}, t('heard')), words.map((one) => [' ', h('q', { dir: 'auto' }, one)]).flat());
}

function drawCustomer(who) {
  if (who === 'none') return h('p', { class: 'quiet' }, t('not_identified'));
  const ticket = (one) => h('li', {}, h('span', { dir: 'auto' }, one.title),
    h('span', { class: 'quiet' }, [one.ticket_id, known(one.status), one.opened && t('since', { day: day(one.opened) })].filter(Boolean).join(' · ')));
  const contact = (one) => h('li', {}, h('span', { dir: 'auto' }, one.about),
    h('span', { class: 'quiet' }, [day(one.day), known(one.channel)].filter(Boolean).join(' · ')));
  if (who.candidates?.length > 0) return drawCandidates(who);
  const preferences = Object.entries(who.preferences ?? {});
  return h('div', {},
    h('p', { class: 'person' }, h('strong', { dir: 'auto' }, who.name || who.phone), who.tier && h('span', { class: 'tag' }, who.tier)),
    h('p', { class: 'quiet' }, [who.phone, who.email, who.customer_id].filter(Boolean).map((one) => h('span', { class: 'piece wide' }, one))),
    section('tickets', who.open_tickets?.map(ticket)) || h('p', { class: 'quiet' }, t('no_tickets')),
    section('contacts', who.last_contacts?.map(contact)),
    preferences.length > 0 && h('h3', {}, t('preferences')),
    preferences.length > 0 && h('dl', {}, preferences.map(([key, value]) => [h('dt', { dir: 'auto' }, key), h('dd', { dir: 'auto' }, value)]).flat()));
}

/** Several contacts have the number: who they are, and nothing as if it were sure. */
function drawCandidates(who) {
  const one = (candidate) => h('li', {}, h('span', { dir: 'auto' }, candidate.name || candidate.customer_id), candidate.tier && h('span', { class: 'tag' }, candidate.tier),
    candidate.name && h('span', { class: 'quiet' }, candidate.customer_id));
  return h('div', {}, h('p', {}, t('several_customers', { n: who.candidates.length })), h('p', { class: 'quiet' }, who.phone), h('ul', {}, who.candidates.map(one)));
}

function drawSummary(summary) {
  const lang = langTag(summary.lang);
  const lines = (texts) => texts?.map((text) => h('li', { lang, dir: 'auto' }, text));
  const promise = (one) => h('li', {}, h('span', { lang, dir: 'auto' }, one.text),
    h('span', { class: 'quiet' }, [t(one.role), one.due && t('until', { day: day(one.due) })].filter(Boolean).join(' · ')));
  const task = (one) => h('li', {}, h('span', { lang, dir: 'auto' }, one.title), one.due && h('span', { class: 'quiet' }, t('until', { day: [day(one.due), one.due_time].filter(Boolean).join(' ') })));
  return h('section', { class: 'summary' },
    h('h2', {}, t('summary'), summary.urgent && h('span', { class: 'severity critical' }, icon('critical'), t('urgent'))),
    h('p', { class: 'reason', lang, dir: 'auto' }, summary.reason),
    section('actions', lines(summary.actions)),
    section('promises', summary.promises?.map(promise)),
    section('follow_ups', summary.follow_ups?.map(task)),
    section('risks', lines(summary.risks)),
    talkTimes(summary),
    summary.keywords?.length > 0 && h('p', { class: 'keywords', lang, 'aria-label': t('keywords') }, summary.keywords.map((word) => h('span', { class: 'tag' }, word))));
}

function talkTimes({ agent_talk_ms: agent, customer_talk_ms: customer }) {
  const bar = h('span', { class: 'bar', 'aria-hidden': 'true' }, h('i'));
  bar.firstChild.style.inlineSize = `${(100 * agent) / Math.max(1, agent + customer)}%`;
  return h('div', { class: 'talk' }, h('h3', {}, t('talk')), bar,
    h('p', { class: 'quiet' }, h('span', {}, `${t('agent')} ${length(agent)}`), h('span', {}, `${t('customer')} ${length(customer)}`)));
}

function drawCrm(crm) {
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

/** A titled list; nothing if it has no lines. */
const section = (title, lines) => (lines?.length ? h('div', {}, h('h3', {}, t(title)), h('ul', { class: 'pairs' }, lines)) : null);
