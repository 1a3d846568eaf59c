// The language of the page: its own words, days and times.

import EN from './words/en.js';
import ZH from './words/zh.js';

const WORDS = { en: EN, zh: ZH };
const LOCALES = { en: 'en-GB', zh: 'zh-CN' };
const REMEMBERED = 'sidetone.language';

let language = 'en';

/** The language shown now: `en` or `zh`. */
export const current = () => language;

/** What a language is called in the one the desk is in. */
export const languageName = (code) => new Intl.DisplayNames([language], { type: 'language' }).of(code) ?? code;

/** The language chosen before on this machine, else the browser's, else English. */
export function preferred() {
  const stored = safely(() => localStorage.getItem(REMEMBERED));
  return stored in WORDS ? stored : navigator.language?.toLowerCase().startsWith('zh') ? 'zh' : 'en';
}

/** Shows the page in `lang` from now on, and every text that stands in the HTML itself at once. */
export function use(lang, remember = false) {
  language = lang;
  if (remember) safely(() => localStorage.setItem(REMEMBERED, lang));
  document.documentElement.lang = lang === 'zh' ? 'zh-Hans' : 'en';
  for (const node of document.querySelectorAll('[data-t]')) node.textContent = t(node.dataset.t);
  for (const node of document.querySelectorAll('[data-t-label]')) node.setAttribute('aria-label', t(node.dataset.tLabel));
  for (const node of document.querySelectorAll('[data-t-hint]')) node.placeholder = t(node.dataset.tHint);
}

/** The page's words for `key`, with `{name}` filled in; `otherwise` where it has none. */
export const t = (key, values = {}, otherwise = key) =>
  (WORDS[language][key] ?? otherwise).replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');

/** A word of somebody else's, `open` or `email`, in the page's language where it is a common one. */
export const known = (word) => (['open', 'waiting', 'call', 'email', 'shop', 'chat'].includes(word) ? t(word) : word);

/** `2026-05-07` as people say it; anything else as it is. */
export function day(text) {
  const date = /^\d{4}-\d{2}-\d{2}$/.test(text ?? '') ? new Date(`${text}T12:00:00Z`) : null;
  if (!date || Number.isNaN(date.getTime())) return text ?? '';
  const year = date.getUTCFullYear() === new Date().getFullYear() ? undefined : 'numeric';
  return format({ weekday: 'short', day: 'numeric', month: 'short', year, timeZone: 'UTC' }, date);
}

/** Day and time of day of a time since 1970. */
export const moment = (ms) => format({ day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, ms);

/** Time of day of a time since 1970. */
export const clock = (ms) => format({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }, ms);

/** `1:05`, or `1:02:03`. */
export function length(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (n) => String(n).padStart(2, '0');
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** `0.8 s`, `12 s`. */
export function seconds(ms) {
  const value = ms / 1000;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${language === 'zh' ? '秒' : 's'}`;
}

/** A share in [0, 1] as a whole percentage. */
export const percent = (share) => `${Math.round(share * 100)}%`;

const format = (options, at) => new Intl.DateTimeFormat(LOCALES[language], options).format(at);

/** Storage may be switched off; the page works without. */
function safely(run) {
  try { return run(); } catch { return null; }
}
