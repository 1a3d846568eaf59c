// Articles beside a call: found by hand or opened from a card, whole, with what to say. Going back returns to the call.

import * as api from '../shell/api.js';
import { announce, h, icon, langTag } from '../shell/dom.js';
import { current, day, percent, t } from '../shell/i18n.js';
import { flag, say } from '../call/parts.js';
import { markdown } from './markdown.js';

const part = document.getElementById('reader');
const pane = part.parentElement;
const form = document.getElementById('find-article');
const field = form.elements.article_words;

/** What is shown: nothing, what was found, or an article. */
let shown = { kind: 'none' };
let asked = 0;
let before = null;
let address = null;
let show = () => {};

/** Prepares it. `remember(fields)` keeps what is read in the page's address, `bring()` brings the pane into sight. */
export function start(params, remember, bring) {
  address = { remember };
  show = bring;
  pane.addEventListener('click', (event) => {
    const on = event.target.closest('[data-article]');
    if (on) open(on.dataset.article);
    else if (event.target.closest('[data-back]')) back();
  });
  part.addEventListener('keydown', (event) => { if (event.key === 'Escape') back(); });
  form.addEventListener('submit', (event) => { event.preventDefault(); find(field.value.trim()); });
  addEventListener('popstate', () => {
    const id = new URLSearchParams(location.search).get('article');
    if (id) load(id);
    else close();
    // The rest of the address is that of the page as it is now.
    remember({ article: id });
  });
  if (params.get('article')) load(params.get('article'));
}

/** Who reads the page may read articles, or may not. */
export function setRights(may) {
  document.body.classList.toggle('reads-articles', may);
  form.hidden = !may;
  if (!may) close();
}

/** Goes to where articles are found by hand; nothing that is looked for finds all. */
export function ask() {
  if (form.hidden) return;
  show();
  if (shown.kind === 'article') back();
  field.focus();
  field.select();
}

function open(id) {
  if (new URLSearchParams(location.search).get('article') !== id) {
    // Going back returns to what is shown now.
    history.pushState({ read: true }, '', location.href);
    address.remember({ article: id });
  }
  load(id);
}

async function load(id) {
  const number = asked += 1;
  before ??= document.activeElement;
  draw({ kind: 'article', id, status: 'busy', found: shown.kind === 'found' ? shown : shown.found });
  show();
  try {
    const article = await api.article(id);
    if (number !== asked) return;
    draw({ ...shown, article, status: 'done' });
    part.querySelector('h2').focus({ preventScroll: true });
    pane.scrollTop = 0;
  } catch (err) {
    if (number === asked) draw({ ...shown, status: err.status === 404 ? 'missing' : err.status === 403 ? 'refused' : 'error' });
  }
}

async function find(words) {
  const number = asked += 1;
  draw({ kind: 'found', words, status: 'busy', found: null });
  show();
  try {
    const found = words ? await api.findArticles({ q: words }) : { articles: await api.articles() };
    if (number !== asked) return;
    draw({ kind: 'found', words, status: 'done', ...found });
    announce(note(shown));
  } catch {
    if (number === asked) draw({ kind: 'found', words, status: 'error', articles: [] });
  }
}

/** From an article to what was found, and from there to the call. */
function back() {
  if (shown.kind === 'article' && history.state?.read) return history.back();
  if (shown.kind === 'article') address.remember({ article: null });
  close();
}

function close() {
  asked += 1;
  if (shown.kind === 'none') return;
  const found = shown.kind === 'article' ? shown.found : null;
  draw(found ?? { kind: 'none' });
  if (found) return part.querySelector('button[data-article]')?.focus();
  if (before?.isConnected) before.focus({ preventScroll: true });
  before = null;
}

function draw(next) {
  shown = next;
  render(true);
}

let drawn = '';

/** Draws it anew if the language has changed. */
export function render(anew = false) {
  const setting = `${current()} ${shown.kind}`;
  if (!anew && drawn === setting) return;
  drawn = setting;
  part.hidden = shown.kind === 'none';
  pane.classList.toggle('reading', shown.kind !== 'none');
  part.replaceChildren(...(shown.kind === 'none' ? [] : [backButton(), ...(shown.kind === 'found' ? drawFound(shown) : drawRead(shown))]));
}

const backButton = () => h('button', { type: 'button', class: 'button plain back', 'data-back': '' }, icon('arrow'),
  t(shown.kind === 'article' && shown.found ? 'back_to_found' : 'back_to_call'));

const note = ({ status, articles }) => status === 'busy' ? t('searching') : status === 'error' ? t('search_error')
  : articles.length === 0 ? t('no_article') : articles.length === 1 ? t('article_found') : t('articles_found', { n: articles.length });

const drawFound = (found) => [
  h('p', { class: 'quiet', role: 'status' }, note(found), found.status === 'done' && found.min_score !== undefined && found.articles.length > 0 && ` · ${t('card_from', { n: percent(found.min_score) })}`),
  h('ul', { class: 'articles' }, (found.articles ?? []).map((one) => h('li', {},
    h('button', { type: 'button', class: 'hit article-hit', 'data-article': one.id },
      h('strong', { lang: langTag(one.lang), dir: 'auto' }, one.title),
      one.snippet && h('span', { class: 'snippet', lang: langTag(one.lang), dir: 'auto' }, one.snippet),
      h('span', { class: 'quiet' }, [one.score !== undefined && t('fit', { n: percent(one.score) }), one.score !== undefined && t(one.would_show ? 'would_show' : 'would_not_show'), one.audience === 'supervisor' && t('for_supervisors')].filter(Boolean).join(' · ')))))),
];

function drawRead({ status, article }) {
  const title = article ? article.title : t({ busy: 'loading_article', missing: 'article_missing', refused: 'article_refused', error: 'article_error' }[status]);
  return [h('article', { class: 'whole' }, h('h2', { tabindex: '-1', lang: langTag(article?.lang), dir: 'auto' }, title), article && drawArticle(article), article && h('p', { class: 'foot' }, flag('article', { subject: article.id })))];
}

/** An article as agents read it, below its title. */
export function drawArticle(article) {
  const lang = langTag(article.lang);
  const about = [article.audience === 'supervisor' && t('for_supervisors'), article.valid_until && t('article_until', { day: day(article.valid_until) })].filter(Boolean).join(' · ');
  const labels = [...article.products, ...article.tags];
  return h('div', {}, about && h('p', { class: 'quiet' }, about),
    say(article.say, lang),
    h('div', { class: 'markdown', lang, dir: 'auto' }, markdown(article.body)),
    labels.length > 0 && h('p', { class: 'keywords', lang }, labels.map((one) => h('span', { class: 'tag' }, one))));
}
