// The left of the authors' page: the files of articles and rules, and which rules hold.

import { h, icon, keyed, langTag } from '../shell/dom.js';
import { current, day, t } from '../shell/i18n.js';

const list = document.getElementById('files');
const notes = document.getElementById('files-note');
const filter = document.getElementById('files-filter');
let books = null;
let chosen = null;
let changed = new Set();
let problem = '';
let rulesOpen = false;

/** Prepares it. `open(kind, name)` opens a file, `begin(kind)` a new one, `turnOff(rule, file)` has a built-in rule hold no more. */
export function start(open, begin, turnOff) {
  list.addEventListener('click', (event) => {
    const file = event.target.closest('button[data-file]');
    if (file) return open(file.dataset.kind, file.dataset.file, Number(file.dataset.line) || null);
    const make = event.target.closest('button[data-new]');
    if (make) return begin(make.dataset.new);
    const off = event.target.closest('button[data-off]');
    if (off) turnOff(off.dataset.off, ownRules());
  });
  filter.addEventListener('input', () => render());
}

/** What there is; `null` and why, where that is not told. */
export function set(next, why = '') {
  books = next;
  problem = why;
  render();
}

/** Which file is open, and which are changed and not published. */
export function mark(key, unpublished) {
  [chosen, changed] = [key, unpublished];
  render();
}

/** Whether files of that kind can be edited. */
export const isEditable = (kind) => !!books?.shelves.find((shelf) => shelf.kind === kind)?.folder;

/** Where own rules are: the first file of them, if there is one. */
const ownRules = () => books.shelves.find((shelf) => shelf.kind === 'rules').files.find((file) => file.is_own)?.name;

/** Whether there is an own file of that name. */
export const has = (kind, name) => !!books?.shelves.find((shelf) => shelf.kind === kind)?.files.some((file) => file.is_own && file.name === name);

/** Draws it. */
export function render() {
  notes.hidden = !problem && books !== null;
  notes.textContent = problem || t('loading_files');
  filter.hidden = !books;
  const words = filter.value.trim().toLowerCase();
  const shelves = books?.shelves ?? [];
  keyed(list, shelves, (shelf) => shelf.kind, (shelf) => drawShelf(shelf, words), `${current()} ${chosen} ${[...changed].join()} ${words}`);
}

function drawShelf({ kind, folder, files }, words) {
  const fits = ({ name, article }) => [name, article?.id, article?.title].some((text) => text?.toLowerCase().includes(words));
  const line = (file) => drawFile(kind, file);
  const own = files.filter((file) => file.is_own && fits(file));
  const built = files.filter((file) => !file.is_own && fits(file));
  return h('li', { class: 'shelf' },
    h('div', { class: 'title' }, h('h2', {}, t(`shelf_${kind}`)),
      folder && h('button', { type: 'button', class: 'button', 'data-new': kind }, t('new_file'))),
    folder ? h('p', { class: 'quiet', dir: 'auto' }, folder) : howToEdit(),
    h('ul', {}, own.map(line)),
    folder && built.length > 0 && h('h3', {}, t('built_in')),
    built.length > 0 && h('ul', {}, built.map(line)),
    kind === 'rules' && drawRules(words));
}

/** Nothing can be edited where there is no folder: what to do about that. */
const howToEdit = () => h('p', { class: 'how' }, t('built_in_only'), ' ', h('code', {}, 'sidetone kb init DIR'));

function drawFile(kind, { name, is_own: isOwn, article, rules, is_faulty: isFaulty }) {
  const key = `${kind}/${name}/${isOwn}`;
  const about = kind === 'articles'
    ? [article?.lang && name, article && !article.is_valid && t(article.valid_until ? 'article_over' : 'article_later', { day: day(article.valid_until) })]
    : [t('rules_in', { n: rules })];
  return h('li', {}, h('button', { type: 'button', class: 'hit file', 'data-kind': kind, 'data-file': name, 'aria-current': chosen === key && 'true' },
    h('span', { class: 'name', lang: langTag(article?.lang), dir: 'auto' }, article?.title ?? name),
    h('span', { class: 'quiet' }, about.filter(Boolean).join(' · ')),
    isFaulty && h('span', { class: 'severity critical' }, icon('critical'), t('faulty')),
    changed.has(key) && h('span', { class: 'severity warning' }, t('unpublished'))));
}

function drawRules(words) {
  const { rules, replaced, rules_builtin: withBuiltIn } = books;
  const fits = ({ name, message = '' }) => [name, message].some((text) => text.toLowerCase().includes(words));
  const line = (rule) => h('li', { class: 'rule' }, h('button', { type: 'button', class: 'hit file', 'data-kind': 'rules', 'data-file': rule.file, 'data-line': rule.line },
    h('span', { class: 'name', lang: langTag(rule.lang), dir: 'auto' }, rule.name),
    h('span', { class: 'quiet' }, `${t(rule.severity)} · ${rule.is_own ? rule.file : t('built_in')}`)),
  !rule.is_own && isEditable('rules') && h('button', { type: 'button', class: 'button round', 'data-off': rule.name, title: t('turn_off'), 'aria-label': `${t('turn_off')}: ${rule.name}` }, icon('remove')));
  const gone = (rule) => h('li', {}, h('button', { type: 'button', class: 'hit file', 'data-kind': 'rules', 'data-file': rule.by_file, 'data-line': rule.by_line },
    h('span', { class: 'name', dir: 'auto' }, h('s', {}, rule.name)),
    h('span', { class: 'quiet' }, t(rule.is_off ? 'turned_off_by' : 'replaced_by', { file: rule.by_file, line: rule.by_line }))));
  return h('details', { class: 'more', open: rulesOpen || words !== '', ontoggle: (event) => { rulesOpen = event.target.open; } },
    h('summary', {}, t('rules_that_hold', { n: rules.length })),
    !withBuiltIn && h('p', { class: 'how' }, t('built_in_off')),
    replaced.length > 0 && h('h3', {}, t('replaced_rules')),
    replaced.length > 0 && h('ul', {}, replaced.filter(fits).map(gone)),
    h('ul', {}, rules.filter(fits).map(line)));
}
