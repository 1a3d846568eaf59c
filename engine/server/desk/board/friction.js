// What people report, by week and version, below the figures of the board.

import * as api from '../shell/api.js';
import { h } from '../shell/dom.js';
import { day, seconds, t } from '../shell/i18n.js';

const part = document.getElementById('board-friction');
let trend = null;

/** Brings it up to date: the board has come into sight. */
export async function refresh() {
  trend = await api.frictionTrend().then((told) => told.trend, () => null);
  render();
}

/** Draws it, in the language of the reader. */
export function render() {
  part.hidden = trend === null;
  if (!trend) return;
  const number = (count) => h('td', { class: 'number' }, String(count));
  const row = (one) => {
    const kinds = Object.entries(one.kinds).toSorted((a, b) => b[1] - a[1]);
    return h('tr', {}, h('th', { scope: 'row' }, day(new Date(one.week_ms).toISOString().slice(0, 10))), h('td', {}, one.version), number(one.calls),
      number(kinds.reduce((all, [, count]) => all + count, 0)),
      h('td', {}, kinds.map(([kind, count]) => h('span', { class: 'piece' }, `${t(`friction_${kind}`)}: ${count}`))),
      h('td', { class: 'number' }, one.median_ms === null ? '' : `${seconds(one.median_ms)} s`));
  };
  part.replaceChildren(h('h3', { id: 'friction-trend' }, t('friction')), trend.length
    ? h('div', { class: 'wide' }, h('table', {}, h('thead', {}, h('tr', {}, ['friction_week', 'friction_version', 'friction_calls', 'friction_many', 'friction', 'friction_took'].map((head) => h('th', { scope: 'col' }, t(head))))), h('tbody', {}, trend.map(row))))
    : h('p', { class: 'quiet' }, t('no_friction')));
}
