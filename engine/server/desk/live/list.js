// The left: which calls there are, and which of them need somebody.

import { callerName, offTag } from '../call/captions.js';
import { h, icon, keyed } from '../shell/dom.js';
import { clock, current, length, t } from '../shell/i18n.js';
import { gravest, liveHeads, soundless } from '../state/heads.js';

/** More lines than this are slow to draw and slower to read. */
const MAX_SHOWN = 100;
/** With fewer calls than this a filter is in the way. */
const FILTER_FROM = 8;

const live = document.getElementById('live');
const ended = document.getElementById('ended');
const endedTitle = document.getElementById('ended-title');
const note = document.getElementById('calls-note');
const count = document.getElementById('calls-count');
const filter = document.getElementById('filter');

/** Prepares the pane. `choose` gets the id of the call that was picked, `again` draws anew. */
export function start(choose, again) {
  filter.addEventListener('input', again);
  for (const list of [live, ended]) {
    list.addEventListener('click', (event) => {
      const line = event.target.closest('button');
      if (line) choose(line.dataset.call);
    });
  }
}

/** Draws the list. */
export function render(state, agent) {
  const heads = liveHeads(state, agent, filter.value);
  const chosen = state.open?.call_id;
  const draw = (head) => drawHead(head, head.call_id === chosen, agent);
  // One line is drawn again when it becomes the chosen one or ceases to be.
  for (const [list, all] of [[live, heads.live], [ended, heads.ended]]) {
    keyed(list, all.slice(0, MAX_SHOWN), (head) => head.call_id, draw, `${current()} ${chosen}`);
  }
  count.textContent = heads.live.length || '';
  filter.hidden = !filter.value && heads.live.length + heads.ended.length < FILTER_FROM;
  endedTitle.hidden = heads.ended.length === 0;
  const over = heads.live.length - MAX_SHOWN;
  note.textContent = over > 0 ? t('more_calls', { n: over }) : heads.live.length ? '' : t(filter.value ? 'no_match' : 'no_live');
  note.hidden = note.textContent === '';
}

/** Whom nothing is heard of, and what comes instead. */
const silentTag = ({ role, party, payload_type: n }) => [t(role), party, n !== undefined && t('undescribed', { n })].filter(Boolean).join(' · ');

function drawHead(head, chosen, agent) {
  const severity = head.ended_ms ? null : gravest(head);
  const time = head.ended_ms ? h('time', {}, clock(head.ended_ms))
    : h('time', { 'data-since': head.opened_ms }, length(Date.now() - head.opened_ms));
  const name = callerName(head, head.name);
  const mute = soundless(head);
  const off = head.ended_ms ? [] : head.off;
  // There is room for one thing beside a grave alert; the call itself tells the rest.
  const under = (!agent && head.agent_id) || (head.name && callerName(head, ''));
  return h('li', {},
    h('button', { type: 'button', class: 'call', 'data-call': head.call_id, 'aria-current': chosen && 'true' },
      h('span', { class: 'name', dir: 'auto' }, name), time,
      h('span', { class: 'quiet' }, under || t(`direction_${head.direction}`)),
      off.length > 0 && h('span', { class: 'off' }, off.map(offTag)),
      (severity || mute) && h('span', { class: 'signs' },
        severity && h('span', { class: `severity ${severity}` }, icon(severity), h('span', { class: severity === 'critical' ? '' : 'hidden' }, t(severity))),
        mute && h('span', { class: 'severity warning', title: (head.silent ?? []).map(silentTag).join(', ') || null }, icon('mute'),
          h('span', { class: severity ? 'hidden' : '' }, t(mute))))));
}
