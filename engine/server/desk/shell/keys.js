// Shortcuts of one key, for those who want them; `?` tells which there are. They are off while somebody types.

import { h } from './dom.js';
import { t } from './i18n.js';

const REMEMBERED = 'sidetone.keys';

const dialog = document.getElementById('keys');
let shortcuts = [];
let off = false;

/** Prepares them: `[key, words, act]`. */
export function start(list) {
  shortcuts = [...list, ['?', 'key_help', show]];
  try { off = localStorage.getItem(REMEMBERED) === 'off'; } catch { /* Without storage they are on. */ }
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (event.target.matches?.('input, textarea, select, [contenteditable]') || document.querySelector('dialog[open]')) return;
    const found = shortcuts.find(([key]) => key === event.key);
    if (!found || (off && found[0] !== '?')) return;
    event.preventDefault();
    found[2]();
  });
  document.getElementById('show-keys').addEventListener('click', show);
}

function show() {
  const choice = h('input', { type: 'checkbox', checked: !off });
  choice.addEventListener('change', () => {
    off = !choice.checked;
    try { localStorage.setItem(REMEMBERED, off ? 'off' : 'on'); } catch { /* Then it holds until the page goes. */ }
  });
  dialog.replaceChildren(h('form', { method: 'dialog' },
    h('h2', { id: 'keys-title', tabindex: '-1', autofocus: true }, t('keys')),
    h('dl', {}, shortcuts.map(([key, words]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, t(words))]).flat()),
    h('label', { class: 'check' }, choice, h('span', {}, t('keys_on'))),
    h('button', { class: 'button' }, t('close'))));
  dialog.showModal();
}

/** Moves to the next line of a list, or to the one before it, and opens it. */
export function step(list, by) {
  const lines = [...list.querySelectorAll('button:not([data-claim])')].filter((one) => one.offsetParent);
  const at = lines.findIndex((one) => one.getAttribute('aria-current') === 'true');
  const line = lines[at < 0 ? 0 : Math.min(lines.length - 1, Math.max(0, at + by))];
  line?.scrollIntoView({ block: 'nearest' });
  line?.focus({ preventScroll: true });
  line?.click();
}
