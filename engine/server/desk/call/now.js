// The one thing to say now, large: the gravest alert, or the newest card. All else is folded below it.

import { h, icon, keyed, langTag } from '../shell/dom.js';
import { current, length, t } from '../shell/i18n.js';
import { folded } from './alerts.js';
import { fit, snippet, whole } from './cards.js';
import { cardPin, flag, heard, pinButton, say, thumbs } from './parts.js';

const part = document.getElementById('now');

/** Draws it; nothing where there is nothing to say. */
export function render(now, setting, pinned) {
  part.hidden = !now;
  keyed(part, now ? [now.message ?? now.alert ?? now.card] : [], () => now.key, () => draw(now, pinned), `${current()} ${setting} ${pinned}`);
}

function draw({ kind, key, alert, card, message }, pinned) {
  if (kind === 'message') return drawMessage(message, key);
  const done = h('button', { type: 'button', class: 'button', 'data-done': key, 'data-alert': alert?.alert }, icon('check'), t('done'));
  return kind === 'alert' ? drawAlert(alert, key, done) : drawCard(card, key, done, pinned);
}

const drawMessage = (message, key) => h('article', { class: 'now message', 'data-key': key },
  h('p', { class: 'kind' }, icon('letter'), h('strong', { dir: 'auto' }, t('from_supervisor', { name: message.by || t('supervisor') })), h('time', {}, length(message.start_ms))),
  h('p', { class: 'text', dir: 'auto' }, message.text),
  h('div', { class: 'foot' }, h('button', { type: 'button', class: 'button', 'data-done': key, 'data-message': message.message }, icon('check'), t('message_read_button'))));

const drawAlert = (alert, key, done) => h('article', { class: `now ${alert.severity}`, 'data-key': key },
  h('p', { class: 'kind' }, icon(alert.severity), h('strong', {}, t(alert.severity)), h('span', {}, `· ${t(`act_${alert.action}`)}`), h('time', {}, length(alert.start_ms))),
  h('h3', { dir: 'auto' }, alert.message),
  alert.script && say(alert.script),
  h('div', { class: 'foot' }, done, flag('alert', { subject: alert.rule })),
  why(t('why'), alert.why && h('p', { class: 'quiet', dir: 'auto' }, alert.why), heard(alert.triggers?.filter((one) => !alert.why?.includes(one))), folded(alert.under)));

const drawCard = (card, key, done, pinned) => h('article', { class: 'now card-now', 'data-key': key },
  h('p', { class: 'kind' }, h('strong', { lang: langTag(card.lang), dir: 'auto' }, card.title), h('time', {}, length(card.start_ms))),
  say(card.say, langTag(card.lang)),
  h('div', { class: 'foot' }, done, whole(card), pinned && pinButton(cardPin(card), pinned), flag('card', { utterance: card.utterance, subject: card.article_id }), thumbs(card)),
  why(t('why'), snippet(card), heard(card.triggers), h('p', { class: 'quiet' }, fit(card))));

const why = (title, ...parts) => parts.some(Boolean) && h('details', { class: 'why' }, h('summary', {}, title), parts);
