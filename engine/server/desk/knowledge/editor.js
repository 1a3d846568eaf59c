// The authors' page: a file of articles or rules is written, looked at, tried on past calls and published.

import * as api from '../shell/api.js';
import { announce, h, icon } from '../shell/dom.js';
import { current, t } from '../shell/i18n.js';
import * as drafts from '../state/draft.js';
import { excerpt, lineDiff } from '../state/diff.js';
import * as field from './field.js';
import * as files from './files.js';
import * as history from './history.js';
import { drawArticle } from './reader.js';
import * as trial from './trial.js';

/** Somebody has stopped typing for so long. */
const PAUSE_MS = 350;

const page = document.body;
const part = document.getElementById('file-page');
const head = document.getElementById('file-head');
const form = document.getElementById('publish');
const remarks = document.getElementById('file-remarks');
const tabs = part.querySelector('[role=tablist]');
/** Drafts of files by [`keyOf`], so that nothing is lost between two of them. */
const kept = new Map();
let draft = null;
let tab = 'text';
let looking = null;
let timer = null;
let busy = false;
let remember = () => {};
let may = false;
let isShown = false;
let wanted = null;
let language = current();

const keyOf = ({ kind, name, isOwn }) => `${kind}/${name}/${isOwn}`;

/** Prepares it. `keep(fields)` keeps which file is open in the page's address. */
export function start(params, keep) {
  remember = keep;
  wanted = params.get('file');
  files.start(open, begin, turnOff);
  field.start((text) => { change(drafts.typed(draft, text)); look(); });
  trial.start(() => draft);
  history.start(() => draft, (text) => { field.set(text, true); change(drafts.typed(draft, text)); look(0); choose('text'); remark('warning', t('restored')); });
  tabs.addEventListener('click', (event) => { const to = event.target.closest('[data-tab]'); if (to) choose(to.dataset.tab); });
  tabs.addEventListener('keydown', (event) => {
    const all = [...tabs.querySelectorAll('[data-tab]:not([hidden])')];
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    const next = all[(all.findIndex((one) => one.dataset.tab === tab) + by + all.length) % all.length];
    choose(next.dataset.tab);
    next.focus();
  });
  form.addEventListener('submit', (event) => { event.preventDefault(); publish(); });
  part.addEventListener('click', (event) => {
    if (event.target.closest('[data-close-file]')) leave();
    if (event.target.closest('[data-remove-file]')) askToRemove();
    if (event.target.closest('[data-discard]')) discard();
  });
  document.getElementById('new-file').addEventListener('close', (event) => { if (event.target.returnValue === 'make') make(); });
  document.getElementById('remove-file').addEventListener('close', (event) => { if (event.target.returnValue === 'remove') removeFile(); });
  addEventListener('beforeunload', (event) => { if ([...kept.values()].some(drafts.isChanged)) event.preventDefault(); });
  render();
}

/** Who reads the page may edit articles and rules, or may not. */
export function setRights(edits) {
  may = edits;
  document.getElementById('knowledge-tab').hidden = !edits;
  if (!isShown) return;
  if (edits) load();
  else files.set(null, t('knowledge_refused'));
}

/** The page has come into sight. */
export function shown() {
  isShown = true;
  if (may) load();
}

async function load() {
  try {
    files.set(await api.knowledgeFiles());
    if (wanted && !draft) {
      const [kind, name] = wanted.split('/');
      wanted = null;
      if (kind && name) open(kind, name);
    }
  } catch (err) {
    files.set(null, err.status === 403 ? t('knowledge_refused') : err.reason || t('files_error'));
  }
}

async function open(kind, name, line = null) {
  const known = kept.get(`${kind}/${name}/true`);
  if (known) turnTo(known);
  else {
    try {
      turnTo(drafts.read(await api.knowledgeFile(kind, name)));
    } catch (err) {
      return announce(err.reason || t('files_error'), true);
    }
  }
  if (line) { choose('text'); field.goTo(line); }
}

/** Writes into own rules that a built-in one does not hold. It counts once it is published. */
async function turnOff(rule, name = 'own.toml') {
  const isThere = files.has('rules', name);
  if (isThere || kept.has(`rules/${name}/true`)) await open('rules', name);
  else turnTo(drafts.fresh('rules', name, ''));
  if (draft?.name !== name) return;
  const text = drafts.withOff(draft.text, rule);
  field.set(text, true);
  change(drafts.typed(draft, text));
  look(0);
  field.goTo(text.split('\n').length - 2);
}

/** Shows a draft. */
function turnTo(next) {
  draft = next;
  busy = false;
  tab = 'text';
  trial.clear();
  history.clear();
  remarks.replaceChildren();
  form.reset();
  field.set(draft.text, draft.isOwn);
  remember({ file: `${draft.kind}/${draft.name}` });
  change(draft);
  if (draft.checked !== draft.text) look(0);
  part.scrollTop = 0;
  document.getElementById('file-name').focus({ preventScroll: true });
}

function leave() {
  draft = null;
  remember({ file: null });
  render();
  mark();
}

function change(next) {
  draft = next;
  if (drafts.isChanged(draft)) kept.set(keyOf(draft), draft);
  else kept.delete(keyOf(draft));
  mark();
  render();
}

const mark = () => files.mark(draft && keyOf(draft), new Set(kept.keys()));

/** Has the engine look at the text once nobody has typed for a moment. */
function look(after = PAUSE_MS) {
  clearTimeout(timer);
  looking?.abort();
  timer = setTimeout(async () => {
    if (!draft) return;
    const { kind, name, text } = draft;
    looking = new AbortController();
    try {
      const said = await api.checkKnowledge({ kind, name, text }, looking.signal);
      if (draft?.kind === kind && draft.name === name) change(drafts.checked(draft, text, said));
    } catch (err) {
      if (err.name !== 'AbortError') remark('critical', err.reason || t('check_failed'));
    }
  }, after);
}

async function publish() {
  if (!draft || busy || !drafts.isReady(draft)) return;
  busy = true;
  render();
  const own = draft;
  const { kind, name, text, digest } = own;
  try {
    const done = await api.publishKnowledge(kind, name, { text, digest: digest ?? undefined, note: form.elements.note.value });
    if (!isOpen(own)) {
      // What was typed since stays to be published.
      const since = kept.get(keyOf(own));
      if (since && since.text !== text) kept.set(keyOf(own), drafts.published(since, text, done));
      else kept.delete(keyOf(own));
      announce(`${name}: ${t('published')}`);
      return load();
    }
    change(drafts.published(draft, text, done));
    form.reset();
    remark(done.is_taken_up ? 'good' : 'warning', done.is_taken_up ? t('published') : done.problems.at(-1)?.message ?? t('published_later'));
    if (tab === 'versions') history.load();
  } catch (err) {
    if (isOpen(own)) unpublished(err);
    else announce(`${name}: ${err.reason || t('publish_failed')}`, true);
  }
  busy = false;
  render();
  load();
}

/** Whether that file is still the one that is looked at. */
const isOpen = (own) => draft !== null && keyOf(draft) === keyOf(own);

/** Says why it is not published, and what is changed now where somebody else was quicker. */
function unpublished(err) {
  if (err.said?.problems) change({ ...draft, problems: err.said.problems, checked: draft.text });
  if (err.status === 409 && 'digest' in (err.said ?? {})) {
    const { text, digest } = err.said;
    change(drafts.overtaken(draft, text, digest));
    remark('warning', t(text === null ? 'gone_meanwhile' : 'changed_meanwhile'), text !== null && history.drawDiff(excerpt(lineDiff(text, draft.text))),
      text !== null && h('button', { type: 'button', class: 'button', 'data-discard': '' }, t('take_theirs')));
  } else remark('critical', err.reason || t('publish_failed'));
}

/** What somebody has typed goes; what is published stays. */
function discard() {
  remarks.replaceChildren();
  if (draft.isNew) {
    kept.delete(keyOf(draft));
    return leave();
  }
  field.set(draft.base, draft.isOwn);
  change(drafts.typed(draft, draft.base));
  look(0);
}

function remark(tone, text, ...more) {
  remarks.replaceChildren(h('p', { class: `outcome ${tone}` }, icon(tone === 'good' ? 'check' : tone), h('span', {}, text)), ...more.filter(Boolean));
  remarks.scrollIntoView({ block: 'nearest' });
}

function begin(kind) {
  const dialog = document.getElementById('new-file');
  const ending = kind === 'articles' ? '.md' : '.toml';
  dialog.dataset.kind = kind;
  dialog.querySelector('h2').textContent = t(`new_${kind}`);
  dialog.querySelector('.quiet').textContent = t(`new_${kind}_hint`);
  const name = dialog.querySelector('input');
  name.value = '';
  name.placeholder = `roaming.en${ending}`;
  name.pattern = `[A-Za-z0-9][A-Za-z0-9._\\-]*\\${ending}`;
  dialog.returnValue = '';
  dialog.showModal();
}

function make() {
  const dialog = document.getElementById('new-file');
  const { kind } = dialog.dataset;
  const name = dialog.querySelector('input').value.trim();
  turnTo(drafts.fresh(kind, name, drafts.started[kind]));
}

function askToRemove() {
  const dialog = document.getElementById('remove-file');
  dialog.querySelector('p').textContent = t('remove_file_hint', { name: draft.name });
  dialog.returnValue = '';
  dialog.showModal();
}

async function removeFile() {
  const { kind, name, digest } = draft;
  try {
    await api.removeKnowledge(kind, name, { digest, note: form.elements.note.value });
    kept.delete(keyOf(draft));
    announce(t('removed_file', { name }));
    leave();
  } catch (err) {
    unpublished(err);
  }
  load();
}

function choose(next) {
  tab = next;
  if (tab === 'versions') history.load();
  if (tab === 'trial') trial.render();
  render();
}

/** Draws it in the page's language. */
export function render() {
  files.render();
  page.dataset.editing = String(draft !== null);
  part.hidden = draft === null;
  if (!draft) return;
  const ready = drafts.isReady(draft);
  const name = head.querySelector('#file-name');
  if (name.textContent !== draft.name) name.textContent = draft.name;
  const state = draft.isOwn ? t(drafts.isChanged(draft) ? 'unpublished' : 'is_published') : t('built_in');
  head.querySelector('.tag').textContent = state;
  head.querySelector('[data-discard]').hidden = !drafts.isChanged(draft);
  head.querySelector('[data-remove-file]').hidden = !draft.isOwn || draft.isNew;
  for (const one of tabs.querySelectorAll('[data-tab]')) {
    const name = one.dataset.tab;
    one.hidden = (name === 'preview' && draft.kind !== 'articles') || (!draft.isOwn && name !== 'text' && name !== 'preview');
    one.setAttribute('aria-selected', String(name === tab));
    one.tabIndex = name === tab ? 0 : -1;
  }
  for (const panel of part.querySelectorAll('[role=tabpanel]')) panel.hidden = panel.id !== `panel-${tab}`;
  field.tell(draft.problems, draft.checked !== draft.text);
  document.getElementById('file-hint').textContent = draft.isOwn ? '' : t(files.isEditable(draft.kind) ? 'built_in_hint' : 'built_in_only');
  if (tab === 'preview') drawPreview();
  if (language !== current() && tab === 'trial') trial.render();
  if (language !== current() && tab === 'versions') history.render();
  language = current();
  form.hidden = !draft.isOwn;
  form.querySelector('[type=submit]').disabled = !ready || busy;
  form.querySelector('[type=submit]').textContent = t(busy ? 'publishing' : 'publish');
}

function drawPreview() {
  const { article } = draft;
  document.getElementById('panel-preview').replaceChildren(...(article
    ? [h('article', { class: 'whole' }, h('h3', { dir: 'auto' }, article.title), drawArticle(article), h('p', { class: 'quiet' }, t('found_by', { n: article.triggers.length })))]
    : [h('p', { class: 'quiet' }, t('no_preview'))]));
}
