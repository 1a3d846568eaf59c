// What a file said before: who published it, what differs from what it says now, and back to it.

import * as api from '../shell/api.js';
import { h, keyed } from '../shell/dom.js';
import { current, moment, t } from '../shell/i18n.js';
import { excerpt, lineDiff } from '../state/diff.js';

const part = document.getElementById('versions');
let ask = () => null;
let state = { versions: [], status: 'idle', compared: null };

/** Prepares it. `draft()` gives the file, `restore(text)` puts an old text in its place. */
export function start(draft, restore) {
  ask = draft;
  part.addEventListener('click', async (event) => {
    const one = event.target.closest('button[data-version]');
    if (!one) return;
    const { kind, name, text } = ask();
    const found = await api.knowledgeVersion(kind, name, one.dataset.version).catch(() => null);
    if (!found) return tell({ status: 'error' });
    if (one.dataset.do === 'restore') return restore(found.text);
    return tell({ compared: { version: one.dataset.version, lines: excerpt(lineDiff(found.text, text)) } });
  });
}

/** Another file is looked at. */
export function clear() {
  state = { versions: [], status: 'idle', compared: null };
  part.replaceChildren();
}

/** Brings what is kept of the file. */
export async function load() {
  const { kind, name } = ask();
  try {
    const versions = await api.knowledgeVersions(kind, name);
    if (ask()?.name === name) tell({ versions, status: 'done', compared: null });
  } catch {
    tell({ status: 'error' });
  }
}

function tell(change) {
  state = { ...state, ...change };
  render();
}

/** Draws it. */
export function render() {
  const { versions, status, compared } = state;
  const list = h('ol', {});
  keyed(list, versions, (one) => one.version, (one) => drawVersion(one, compared?.version === String(one.version) && compared.lines), current());
  part.replaceChildren(
    status === 'error' ? h('p', { class: 'severity critical' }, t('versions_error')) : status === 'done' && versions.length === 0 ? h('p', { class: 'quiet' }, t('no_versions')) : '',
    list);
}

const drawVersion = ({ version, at_ms: at, by, note, digest }, lines) => h('li', { class: 'version' },
  h('div', { class: 'line' },
    h('p', {}, h('time', {}, moment(at)), ' ', h('b', {}, by || t('by_hand')), digest === '' && h('span', { class: 'tag' }, t('was_removed')), note && h('span', { class: 'quiet', dir: 'auto' }, note)),
    digest !== '' && h('button', { type: 'button', class: 'button', 'data-version': version, 'data-do': 'compare', 'aria-expanded': String(!!lines) }, t('compare')),
    digest !== '' && h('button', { type: 'button', class: 'button', 'data-version': version, 'data-do': 'restore' }, t('restore'))),
  lines && drawDiff(lines));

/** Lines that went and came; the sign before each says which, not its colour alone. */
export function drawDiff(lines) {
  if (lines.every((line) => line === null || line.kind === 'same')) return h('p', { class: 'quiet' }, t('no_difference'));
  const sign = { same: ' ', gone: '−', new: '+' };
  return h('pre', { class: 'diff', tabindex: '0' }, lines.map((line) => (line === null ? h('span', { class: 'left-out' }, '…\n')
    : h('span', { class: line.kind }, `${sign[line.kind]} ${line.text}\n`))));
}
