// Cards that are not what to say now: a line each, the rest unfolds.

import { h, langTag } from '../shell/dom.js';
import { length, percent, seconds, t } from '../shell/i18n.js';
import { cardKey } from '../state/call.js';
import { cardPin, flag, heard, pinButton, say, thumbs } from './parts.js';

/** A card in the list. */
export function drawCard(card, pinned) {
  const lang = langTag(card.lang);
  return h('li', { class: 'card', 'data-fold': cardKey(card) },
    h('details', {},
      h('summary', {}, h('h3', { lang, dir: 'auto' }, card.title), h('time', {}, length(card.start_ms))),
      card.say && say(card.say, lang),
      snippet(card),
      heard(card.triggers),
      h('div', { class: 'foot' }, h('span', { class: 'quiet', title: fit(card) }), whole(card), pinned && pinButton(cardPin(card), pinned), flag('card', { utterance: card.utterance, subject: card.article_id }), thumbs(card))));
}

/** A button that opens the whole article. */
export const whole = (card) => h('button', { type: 'button', class: 'button plain whole-article', 'data-article': card.article_id }, t('whole_article'));

/** What the article says where it fits. */
export const snippet = (card) => card.snippet && h('p', { class: 'snippet', lang: langTag(card.lang), dir: 'auto' }, card.snippet);

/** How well a card fits, for whoever wonders. */
export const fit = (card) => [t('fit', { n: percent(card.score) }), card.latency_ms !== undefined && t('after', { s: seconds(card.latency_ms) })].filter(Boolean).join(' · ');
