// What the agent works through during a call, quietly below the one thing to say.

import { h, icon, keyed, write } from '../shell/dom.js';
import { current, length, t } from '../shell/i18n.js';
import { progress } from '../state/work.js';

const part = (id) => document.getElementById(id);

/** Draws it for one call. */
export function render(call) {
  drawChecklist(call);
}

function drawChecklist(call) {
  const work = call?.work;
  part('checklist').hidden = !work?.items.length;
  if (!work) return keyed(part('checklist-items'), [], (one) => one.item, drawItem);
  const { said, all, next } = progress(work);
  write(part('checklist-count'), t('checklist_said', { n: said, all }));
  write(part('checklist-next'), next ? t(call.ended ? 'checklist_missed' : 'checklist_next', { text: next.text }) : '');
  keyed(part('checklist-items'), work.items, (one) => one.item, drawItem, `${current()} ${call.call_id} ${next?.item}`);
  for (const node of part('checklist-items').children) node.classList.toggle('next', node.dataset.item === next?.item && !call.ended);
}

const drawItem = (one) => h('li', { 'data-item': one.item, class: one.tick ? 'said' : '' },
  h('span', { class: 'tick' }, one.tick && icon('check')),
  h('span', { dir: 'auto' }, one.text),
  one.tick ? h('span', { class: 'quiet' }, h('span', { class: 'hidden' }, t('checklist_was_said')), ' ', h('time', {}, length(one.tick.start_ms))) : h('span', { class: 'hidden' }, t('checklist_open')));
