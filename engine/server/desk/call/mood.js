// How strained the sides of a call are: a line for each over the time of the call, and its mood in words.

import { apart, layOut } from '../state/curve.js';
import { h, keyed, write } from '../shell/dom.js';
import { current, length, percent, t } from '../shell/i18n.js';
import { situations } from '../state/alerts.js';

/** Room a label needs, in percent of the chart's height. */
const LABEL = 42;
/** An alert is at least so wide, in percent of the chart's width. */
const NARROWEST = 0.8;
/** Strain that is worth a look, in percent: `STRAINED` in engine/core/src/emotion/course.rs. */
const STRAINED = 35;

const part = document.getElementById('mood-part');
const chart = document.getElementById('mood');
const told = document.getElementById('mood-notice');

/** How customers are told that their mood is read; empty where it is not. */
let notice = '';
export function setNotice(text) {
  notice = text ?? '';
}

/** Draws the chart of a call; nothing before a voice was read, and where none is. */
export function render(call) {
  const points = (call?.points ?? []).filter((point) => point.mood);
  part.hidden = points.length === 0;
  write(told, notice && t('mood_notice', { notice }));
  const alerts = situations(call?.alerts ?? []).filter((alert) => !alert.cleared?.withdrawn);
  keyed(chart, part.hidden ? [] : [points], () => 'chart', () => draw(points, alerts),
    `${current()} ${call?.call_id} ${alerts.map((alert) => alert.alert)}`);
}

function draw(points, alerts) {
  const { lines, marks, end } = layOut(points, alerts);
  const svg = shape('svg', { viewBox: '0 0 100 100', preserveAspectRatio: 'none' },
    ...marks.map(({ severity, from, to }) => shape('rect', { class: severity, x: from, y: 0, width: Math.max(NARROWEST, to - from), height: 100 })),
    shape('path', { class: 'strained', d: `M0 ${100 - STRAINED}H100` }),
    ...lines.flatMap(({ role, places }) => [
      shape('path', { class: `voice ${role}`, d: `M${places.map((place) => place.map((n) => n.toFixed(2)).join(' ')).join('L')}` }),
      shape('path', { class: `now ${role}`, d: `M${places.at(-1).join(' ')}h0` }),
    ]));
  const heights = apart(lines.map(({ places }) => places.at(-1)[1]), LABEL);
  const labels = lines.map(({ role, last }, i) => {
    const label = h('span', { class: 'voice-label', 'data-role': role }, h('span', { class: 'who' }, t(role)), t(`mood_${last.mood}`));
    label.style.insetBlockStart = `${heights[i]}%`;
    return label;
  });
  return h('div', {},
    h('div', { class: 'curve', role: 'img', 'aria-label': lines.map(inWords).join(' ') }, svg, ...labels),
    h('p', { class: 'quiet', 'aria-hidden': 'true' }, h('time', {}, length(0)), h('time', {}, length(end))));
}

/** What a line shows, for whoever cannot see it. */
const inWords = ({ role, last, highest }) => t('voice_now', { role: t(role), mood: t(`mood_${last.mood}`),
  strain: percent(last.strain), highest: percent(highest.strain), at: length(highest.at) });

function shape(name, attributes, ...children) {
  const node = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  node.append(...children);
  return node;
}
