// Small helpers to build the page. Text only ever becomes text: nothing here parses markup.

// Controls but line breaks and tabs, what turns the direction of the text around it, what nobody sees.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]|[\u{e0000}-\u{e007f}]/gu;

/** What others have said, each character seen as what it is, for the same number of characters. */
export const plain = (text) => (typeof text === 'string' ? text.replace(UNSEEN, '\ufffd') : text);

/** Attributes that somebody reads. */
const SHOWN = new Set(['title', 'aria-label', 'alt', 'placeholder']);

/** Builds an element. `on…` properties are listeners, `null`, `undefined` and `false` are left out. */
export function h(name, props = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : SHOWN.has(key) ? plain(value) : value);
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false && child !== '').map(plain));
  return node;
}

/** Outlines on a 24 × 24 grid. */
const ICONS = {
  critical: 'M8 3h8l5 5v8l-5 5H8l-5-5V8zM12 8v5M12 16.4v.1',
  warning: 'M12 4 2.8 20h18.4zM12 10v4.5M12 17.2v.1',
  info: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 11v5.5M12 7.6v.1',
  mute: 'M4 9.5v5h3.5L12 18.5v-13L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5',
  pause: 'M8.5 5.5v13M15.5 5.5v13',
  check: 'M4.5 12.5 10 18 20 6.5',
  thumb: 'M7.5 11v9H4v-9zM7.5 11l3.8-7.5c1.7 0 2.7 1.2 2.4 2.8L13.2 9.5H18.5a2 2 0 0 1 2 2.3l-1.1 6.5a2 2 0 0 1-2 1.7H7.5',
  later: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM12 7v5.5l3.5 2',
  arrow: 'M12 5v14M6 13l6 6 6-6',
  copy: 'M9 9h10v11H9zM5 15V4h10',
  remove: 'M6 6l12 12M18 6 6 18',
  flag: 'M6 21V4M6 4h11l-2.5 4L17 12H6',
  pin: 'M9 4h6l-1 6 3 3H7l3-3zM12 13v7',
  pen: 'M4 20l1-4L16 5l3 3L8 19zM14 7l3 3',
  letter: 'M3.5 6h17v12h-17zM4 7l8 6 8-6',
  sound: 'M4 10v4h3.5L12 18V6L7.5 10zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11',
};

/** A drawing that says nothing by itself: text has to stand beside it. */
export function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('class', `icon icon-${name}`);
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/** Shows a text where it is not shown already: whoever writes what stands there has the page laid out anew. */
export function write(node, text) {
  const shown = String(text);
  if (node.textContent !== shown) node.textContent = shown;
}

/** The same for an attribute. */
export function mark(node, name, value) {
  if (node.getAttribute(name) !== value) node.setAttribute(name, value);
}

const drawn = new WeakMap();

/**
 * Makes the children of `parent` follow `items`. Only items that are not the same as last time, or were
 * drawn for another `setting` (language, choice), are drawn again; focus stays where it was.
 */
export function keyed(parent, items, keyOf, draw, setting = '') {
  const before = drawn.get(parent) ?? new Map();
  const after = new Map();
  for (const item of items) {
    const key = keyOf(item);
    const was = before.get(key);
    after.set(key, was && was.item === item && was.setting === setting ? was : { item, setting, node: draw(item), was });
  }
  for (const [key, { node }] of before) if (!after.has(key)) node.remove();
  let at = parent.firstChild;
  for (const entry of after.values()) {
    if (entry.was) {
      const held = focusable(entry.was.node).indexOf(document.activeElement);
      if (at === entry.was.node) at = entry.node;
      entry.was.node.replaceWith(entry.node);
      if (held >= 0) focusable(entry.node)[held]?.focus({ preventScroll: true });
      entry.was = undefined;
    }
    if (entry.node === at) at = at.nextSibling;
    else parent.insertBefore(entry.node, at);
  }
  drawn.set(parent, after);
}

const focusable = (node) => [node, ...node.querySelectorAll('*')].filter((one) => one.matches('a,button,summary,input,select,textarea'));

/** Text with some ranges marked, and some told as `doubtful`, with a hint. Ranges are `[start, end)` in characters, not in UTF-16 units. */
export function marked(text, ranges, doubtful = [], hint = '') {
  const chars = Array.from(text);
  const lies = (ranges, at) => ranges.some(([start, end]) => start <= at && at < end);
  const parts = [];
  for (let at = 0, end; at < chars.length; at = end) {
    const [mark, doubt] = [lies(ranges, at), lies(doubtful, at)];
    for (end = at + 1; end < chars.length && lies(ranges, end) === mark && lies(doubtful, end) === doubt;) end += 1;
    const part = chars.slice(at, end).join('');
    const told = doubt ? h('span', { class: 'doubtful', title: hint }, part) : part;
    parts.push(mark ? h('mark', {}, told) : told);
  }
  return parts;
}

/** Where `words` stand in `text`, for [`marked`]. */
export function rangesOf(text, words) {
  const fold = (string) => Array.from(string, (char) => char.toLowerCase());
  const chars = fold(text);
  const ranges = [];
  for (const word of words.map(fold).filter((chars) => chars.length > 0)) {
    const at = chars.findIndex((_, start) => word.every((char, i) => chars[start + i] === char));
    if (at >= 0) ranges.push([at, at + word.length]);
  }
  return ranges;
}

/** `lang` attribute for words of the call; nothing but a plain tag becomes one. */
export const langTag = (lang) => (/^[a-z]{2,3}$/.test(lang ?? '') ? (lang === 'zh' ? 'zh-Hans' : lang) : null);

/** Copies words, and shows at the button that it was done. */
export async function copied(button, words) {
  await navigator.clipboard?.writeText(words).catch(() => copyBySelection(words)) ?? copyBySelection(words);
  button.classList.add('did');
  setTimeout(() => button.classList.remove('did'), 1500);
}

/** Without a secure connection there is no clipboard but this one. */
function copyBySelection(words) {
  const field = h('textarea', { readonly: true, class: 'hidden' });
  field.value = words;
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

/** Reads something out: at once if `urgent`, else when there is a pause. */
export function announce(text, urgent = false) {
  const region = document.getElementById(urgent ? 'urgent' : 'polite');
  region.append(h('p', {}, text));
  while (region.childElementCount > 4) region.firstChild.remove();
}
