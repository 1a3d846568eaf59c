// The second tab: words of stored calls, for those who look after quality.

import * as api from '../shell/api.js';
import { midnight } from '../shell/dates.js';
import { h, keyed, langTag, marked } from '../shell/dom.js';
import { current, length, moment, percent, t } from '../shell/i18n.js';

const PAGE = 50;
/** The fields as they stand in the form and in the page's address. */
export const FIELDS = ['q', 'role', 'mood', 'strain', 'agent_id', 'customer', 'from', 'to', 'alert'];

const form = document.getElementById('search-form');
const results = document.getElementById('results');
const note = document.getElementById('search-note');
const more = document.getElementById('more-hits');
let found = { hits: [], total: 0, status: 'idle' };
let running = null;
let chosen = null;

/** Prepares the tab. `choose(callId, utterance)` opens a call, `remember(fields)` keeps what was asked for. */
export function start(params, choose, remember) {
  for (const name of FIELDS) if (params.get(name)) form.elements[name].value = params.get(name);
  // Where room is scarce the filters are folded, unless they are in use.
  document.getElementById('filters').open = matchMedia('(min-width: 761px)').matches || FIELDS.slice(1).some((name) => params.get(name));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    remember(asked());
    run(0);
  });
  form.addEventListener('reset', () => setTimeout(() => { remember({}); stop({ hits: [], total: 0, status: 'idle' }); }));
  more.addEventListener('click', () => run(found.hits.length));
  results.addEventListener('click', (event) => {
    const line = event.target.closest('button[data-call]');
    if (!line) return;
    chosen = `${line.dataset.call} ${line.dataset.utterance}`;
    choose(line.dataset.call, line.dataset.utterance);
    render();
  });
  offerRules();
  if (FIELDS.some((name) => params.get(name))) run(0);
}

/** What was asked for, without what was left empty. */
const asked = () => Object.fromEntries([...new FormData(form)].filter(([, value]) => value !== ''));

async function run(offset) {
  stop({ ...(offset ? found : { hits: [], total: 0 }), status: 'busy' });
  running = new AbortController();
  const { from, to, ...fields } = asked();
  try {
    const page = await api.search({ ...fields, from_ms: from && midnight(from, 0), to_ms: to && midnight(to, 1), limit: PAGE, offset }, running.signal);
    found = { hits: [...found.hits, ...page.hits], total: page.total, status: 'done' };
  } catch (err) {
    if (err.name === 'AbortError') return;
    found = { ...found, status: err.status === 403 ? 'refused' : 'error' };
  }
  render();
}

function stop(next) {
  running?.abort();
  found = next;
  render();
}

/** Draws the results, a group per call. */
export function render() {
  const { hits, total, status } = found;
  const groups = new Map();
  for (const hit of hits) groups.set(hit.call_id, [...(groups.get(hit.call_id) ?? []), hit]);
  note.textContent = {
    idle: t('search_hint'), busy: t('searching'), error: t('search_error'), refused: t('search_refused'),
    done: total === 0 ? t('no_hits') : hits.length < total ? t('hits_some', { n: total, shown: hits.length })
      : total === 1 ? t('hits_one', { n: 1 }) : t('hits', { n: total, calls: groups.size }),
  }[status];
  more.hidden = status === 'busy' || hits.length >= total;
  results.setAttribute('aria-busy', String(status === 'busy'));
  keyed(results, [...groups.values()], (group) => group[0].call_id, drawGroup, `${current()} ${chosen} ${hits.length}`);
}

function drawGroup(group) {
  const [first] = group;
  const quiet = [first.agent_id, moment(first.wall_time_ms), first.customer && first.call_id].filter(Boolean).join(' · ');
  const link = (format) => h('a', { href: api.exportPath(first.call_id, format), download: `${first.call_id}.${format}`,
    'aria-label': `${t('exports')}: ${t(`export_${format}`)}` }, t(`export_${format}`));
  return h('li', { class: 'group' },
    h('div', { class: 'title' }, h('h2', { dir: 'auto' }, first.customer || first.call_id),
      h('span', { class: 'exports' }, link('json'), link('vtt')), h('p', { class: 'quiet' }, quiet)),
    h('ul', {}, group.map(drawHit)));
}

function drawHit(hit) {
  return h('li', {}, h('button', { type: 'button', class: 'hit', 'data-call': hit.call_id, 'data-utterance': hit.utterance, 'data-role': hit.role,
    'aria-current': chosen === `${hit.call_id} ${hit.utterance}` && 'true' },
  h('span', { class: 'meta' }, h('span', { class: 'who' }, t(hit.role)), ' ', h('time', {}, length(hit.start_ms)),
    hit.mood && h('span', {}, t(`mood_${hit.mood}`)), hit.strain != null && h('span', {}, `${t('strain')} ${percent(hit.strain)}`)),
  h('span', { lang: langTag(hit.lang), dir: 'auto' }, marked(hit.text, hit.highlights ?? []))));
}

/** Offers the rules there are; where the engine does not tell them, their name is typed in. */
async function offerRules() {
  const rules = await api.rules().catch(() => []);
  if (!Array.isArray(rules) || rules.length === 0) return;
  const { alert } = form.elements;
  const choice = h('select', { name: 'alert', id: alert.id }, h('option', { value: '', 'data-t': 'any_alert' }, t('any_alert')),
    [...new Set(rules.map((rule) => rule.name))].sort().map((name) => h('option', { value: name }, name)));
  choice.value = alert.value;
  alert.replaceWith(choice);
}
