// What an agent is to say now, and what stands folded below it. No DOM: see tests/now.test.mjs.

import { SEVERITIES, situations } from './alerts.js';
import { cardKey } from './call.js';

/** Names an alert or a card among what helps. */
export const alertKey = (alert) => `alert ${alert.alert}`;

/** Names a message of a supervisor among what helps. */
export const messageKey = ({ message }) => `message ${message}`;

/**
 * `now`: the one thing to do, or `null`: to read what a supervisor has written, where the agent is who reads; else the gravest alert that nobody has dealt with, else the newest card that
 * has words to say and is not dealt with. `alerts` and `cards`: all others, in the order they are shown.
 */
export function sayNow(call, isAgent = true) {
  const alerts = situationsOf(call.alerts);
  const now = call.ended ? null : ((isAgent && oldestUnread(call)) || (gravestOpen(alerts) ?? newestOpen(call)));
  return {
    now,
    alerts: alerts.filter((alert) => alertKey(alert) !== now?.key),
    cards: call.cards.filter((card) => cardKey(card) !== now?.key),
  };
}

const known = new WeakMap();

/** As long as no alert changes they are the same, so that nothing is drawn anew. */
function situationsOf(alerts) {
  if (!known.has(alerts)) known.set(alerts, situations(alerts));
  return known.get(alerts);
}

/** Messages are read one after the other, as they were written. */
function oldestUnread({ messages = [] }) {
  const message = messages.find((one) => !one.read);
  return message ? { kind: 'message', key: messageKey(message), message } : null;
}

/** A note without words to say is for reading, not for now. */
function gravestOpen(alerts) {
  const open = alerts.filter((alert) => !alert.cleared && !alert.seen && (alert.script || alert.severity !== 'info'));
  const gravity = (alert) => SEVERITIES.indexOf(alert.severity);
  const [alert] = open.toSorted((a, b) => gravity(b) - gravity(a) || b.start_ms - a.start_ms);
  return alert ? { kind: 'alert', key: alertKey(alert), alert } : null;
}

function newestOpen({ cards, done }) {
  const card = cards.find((card) => card.say && card.vote !== false && !done.includes(cardKey(card)));
  return card ? { kind: 'card', key: cardKey(card), card } : null;
}
