// What alerts and cards have in common.

import { h, icon } from '../shell/dom.js';
import { t } from '../shell/i18n.js';
import { cardKey } from '../state/call.js';

/** Words for the agent to say, and a button that copies them. */
export const say = (words, lang = null) => h('blockquote', { lang, dir: 'auto' }, h('span', { class: 'label', lang: null }, t('say')), h('span', { class: 'words' }, words), copyButton());

/** A button that copies the words it stands beside. */
const copyButton = () => h('button', { type: 'button', class: 'button round copy', 'data-copy': '', 'aria-label': t('copy'), title: t('copy') }, icon('copy'));

/** A button that pins something, or unpins it. */
export const pinButton = (pin, pinned) => h('button', { type: 'button', class: 'pin', 'data-pin': pin, 'aria-pressed': String(pinned.includes(pin)),
  'aria-label': t('pin'), title: t('pin') }, icon('pin'));

/** What the card of an article is pinned by. */
export const cardPin = (card) => `card-${card.utterance}-${card.article_id}`;

/** A button that reports what hurts about something. */
export const flag = (what, { utterance, subject }) => h('button', { type: 'button', class: 'pin', 'data-friction': what, 'data-utterance': utterance, 'data-subject': subject,
  'aria-label': t('friction_report'), title: t('friction_report') }, icon('flag'));

/** Two thumbs for a card. */
export const thumbs = (card) => h('span', { class: 'thumbs', 'data-card': cardKey(card) }, thumb(card, true), thumb(card, false));

const thumb = (card, useful) => h('button', { type: 'button', class: `button round ${useful ? '' : 'flip'}`, 'data-useful': String(useful),
  'aria-pressed': String(card.vote === useful), 'aria-label': t(useful ? 'useful' : 'not_useful'), title: t(useful ? 'useful' : 'not_useful') }, icon('thumb'));

/** The words that something was raised for. */
export function heard(triggers) {
  const words = triggers?.filter((trigger) => trigger !== '') ?? [];
  return words.length > 0 && h('p', { class: 'heard' }, h('span', {}, t('heard')), words.map((one) => [' ', h('q', { dir: 'auto' }, one)]).flat());
}

/** A titled list; nothing if it has no lines. */
export const section = (title, lines) => (lines?.length ? h('div', {}, h('h3', {}, t(title)), h('ul', { class: 'pairs' }, lines)) : null);
