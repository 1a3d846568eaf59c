// Alerts that are not what to say now: a line each, the rest unfolds.

import { h, icon } from '../shell/dom.js';
import { length, t } from '../shell/i18n.js';
import { alertKey } from '../state/now.js';
import { heard, say } from './parts.js';

/** An alert in the list. */
export function drawAlert(alert) {
  const { severity, cleared, seen, under } = alert;
  const kind = h('p', { class: 'kind' }, icon(cleared ? 'check' : severity), h('strong', {}, t(severity)),
    h('span', {}, `· ${cleared ? t(over(cleared)) : t(`act_${alert.action}`)}`), h('time', {}, length(alert.start_ms)),
    !cleared && h('button', { type: 'button', class: 'button round', 'data-alert': alert.alert, 'aria-pressed': String(!!seen), 'aria-label': t('mark_seen'), title: t('mark_seen') }, icon('check')));
  if (cleared) {
    return h('li', { class: 'alert over' }, kind, h('p', {}, message(alert)), cleared.why && h('p', { class: 'quiet', dir: 'auto' }, cleared.why), folded(under));
  }
  return h('li', { class: `alert ${severity}${seen ? ' seen' : ''}`, 'data-fold': alertKey(alert) }, kind,
    h('details', {},
      h('summary', {}, h('h3', { dir: 'auto' }, alert.message)),
      alert.script && say(alert.script),
      alert.why && h('p', { class: 'quiet', dir: 'auto' }, alert.why),
      heard(alert.triggers?.filter((words) => !alert.why?.includes(words))),
      folded(under)));
}

const over = ({ withdrawn }) => (withdrawn ? 'withdrawn' : 'cleared');

/** What an alert says; struck through if it was raised in error. */
const message = ({ message: text, cleared }) => h(cleared?.withdrawn ? 's' : 'span', { dir: 'auto' }, text);

/** The other alerts of a situation: what they say and why, nothing to do. */
export function folded(alerts) {
  const one = (alert) => h('li', {}, icon(alert.cleared ? 'check' : alert.severity), message(alert),
    h('span', { class: 'quiet', dir: 'auto' }, alert.cleared ? t(over(alert.cleared)) : alert.why));
  return alerts?.length > 0 && h('ul', { class: 'under', 'aria-label': t('also') }, alerts.map(one));
}
