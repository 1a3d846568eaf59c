// One call on the wall. It is made once and filled again: what stays the same is not touched.

import { callerName } from '../call/captions.js';
import { h, icon } from '../shell/dom.js';
import { current, t } from '../shell/i18n.js';
import { about, minutes } from './words.js';

const ICONS = { critical: 'critical', warning: 'warning', mute: 'mute', strain: 'warning', silence: 'pause', long: 'later', repeat: 'info' };
/** How much a reason should strike the eye. */
const TONES = { critical: 'critical', warning: 'warning', mute: 'warning', strain: 'warning' };

/** A tile that shows nothing yet. */
export function make(callId) {
  const part = (name, props) => h(name, props);
  const tile = {
    name: part('span', { class: 'name', dir: 'auto' }), age: part('time'), agent: part('span', { class: 'quiet' }),
    why: part('span', { class: 'why' }), more: part('span', { class: 'quiet more' }), shown: {} };
  tile.open = h('button', { type: 'button', class: 'call', 'data-call': callId }, tile.name, tile.age, tile.agent, tile.why, tile.more);
  tile.take = h('button', { type: 'button', class: 'button', 'data-claim': callId });
  tile.node = h('li', { class: 'tile' }, tile.open, tile.take);
  return tile;
}

/** Shows a call: what has changed of it since. `last`: its last words, in the place of further reasons. */
export function fill(tile, { head, reasons }, { now, chosen, mayTake, self, last }) {
  const [first, ...others] = reasons;
  const name = callerName(head, head.name);
  const mine = head.claimed?.by === self;
  const set = (key, value, apply) => {
    if (tile.shown[key] === value) return;
    tile.shown[key] = value;
    apply(value);
  };
  const lang = current();
  set('name', name, (text) => tile.name.replaceChildren(h('span', {}, text)));
  set('age', minutes(now - head.opened_ms), (text) => { tile.age.textContent = text; });
  const taken = head.claimed && (mine ? t('you_take_care') : t('takes_care', { name: head.claimed.by || t('somebody') }));
  set('agent', [head.agent_id || t('no_agent'), taken].filter(Boolean).join(' · '), (text) => tile.agent.replaceChildren(h('span', { dir: 'auto' }, text)));
  set('why', first ? `${lang} ${first.kind} ${about(first)}` : '', () => tile.why.replaceChildren(...(first ? why(first) : [])));
  set('more', last ? `${t(last.role)}: ${last.text}` : others.map(about).join(' · '), (text) => tile.more.replaceChildren(h('span', { dir: 'auto' }, text)));
  set('tone', head.claimed ? 'taken' : TONES[first?.seen ? '' : first?.kind] ?? (first ? 'some' : 'calm'), (tone) => { tile.node.dataset.tone = tone; });
  set('chosen', chosen, (is) => (is ? tile.open.setAttribute('aria-current', 'true') : tile.open.removeAttribute('aria-current')));
  tile.take.hidden = !mayTake || (head.claimed && !mine);
  set('take', `${lang} ${mine} ${name}`, () => {
    tile.take.textContent = t(mine ? 'give_back' : 'take');
    tile.take.setAttribute('aria-label', `${t(mine ? 'give_back' : 'take')}: ${name}`);
  });
}

const why = (reason) => [icon(ICONS[reason.kind]), h('span', { class: 'hidden' }, ['critical', 'warning'].includes(reason.kind) ? `${t(reason.kind)}: ` : ''), h('span', { dir: 'auto' }, about(reason))];
