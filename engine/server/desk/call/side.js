// The right: what helps. Whom one speaks with on top, then the one thing to say, all else folded; after the call what remains
// of it.

import { copied, keyed, write } from '../shell/dom.js';
import { current, t } from '../shell/i18n.js';
import { cardKey } from '../state/call.js';
import { alertKey, sayNow } from '../state/now.js';
import { drawAlert } from './alerts.js';
import { drawCard } from './cards.js';
import { drawCustomer } from './customer.js';
import * as now from './now.js';
import * as work from './work.js';
import { drawCrm, drawSummary } from './summary.js';

const part = (id) => document.getElementById(id);
const pane = part('customer-part').parentElement;
const lists = { alerts: part('alerts'), wrapUp: part('wrap-up'), customer: part('customer'), cards: part('cards') };
/** What the reader folded or unfolded in the call that is shown. */
let folds = new Map();
let shown;

/** Prepares the pane. `vote(key, useful)`, `seen(alert)`, `done(card)`, `read(message)` and `retryNote()` are what a reader can do in it. */
export function start({ vote, seen, done, read, retryNote }) {
  pane.addEventListener('click', (event) => {
    const on = (selector) => event.target.closest(selector);
    const thumb = on('button[data-useful]');
    if (thumb) return vote(thumb.closest('[data-card]').dataset.card, thumb.dataset.useful === 'true');
    if (on('button[data-copy]')) return copied(on('button[data-copy]'), on('blockquote').querySelector('.words').textContent);
    if (on('button[data-retry]')) return retryNote();
    if (on('button[data-message]')) return read(Number(on('button[data-message]').dataset.message));
    const alert = on('button[data-alert]');
    if (alert) {
      folds.delete(alert.closest('[data-fold]')?.dataset.fold);
      return seen(Number(alert.dataset.alert));
    }
    if (on('button[data-done]')) return done(on('button[data-done]').dataset.done);
    const title = on('[data-fold] > details > summary, details[data-fold] > summary');
    if (title) folds.set(title.closest('[data-fold]').dataset.fold, !title.parentElement.open);
  });
}

/** Deals with what is to be said now, as its button does. */
export const dealWithNow = () => part('now').querySelector('[data-done]')?.click();
/** Copies what is to be said now. */
export const copyNow = () => part('now').querySelector('[data-copy]')?.click();

/** Draws all of it for one call; `isAgent`: for its agent, who reads what supervisors write; `mayPin`: cards can be pinned. */
export function render(call, isAgent, mayPin) {
  if (shown !== call?.call_id) {
    shown = call?.call_id;
    folds = new Map();
  }
  const setting = `${current()} ${shown}`;
  const helps = call ? sayNow(call, isAgent) : { now: null, alerts: [], cards: [] };
  pane.classList.toggle('after', call?.ended === true);
  part('customer-part').hidden = !call?.loaded;
  keyed(lists.customer, call ? [call.customer ?? 'none'] : [], () => 'customer', drawCustomer, setting);
  const pinned = mayPin && call && !call.ended ? call.work.pins : null;
  now.render(helps.now, shown, pinned);
  work.render(call);
  keyed(lists.wrapUp, call?.summary ? [call.crm ?? 'waiting', call.summary] : [],
    (one) => (one.kind === 'summary' ? 'summary' : 'crm'), (one) => (one.kind === 'summary' ? drawSummary(one) : drawCrm(one)), setting);
  part('alerts-part').hidden = !helps.alerts.length;
  keyed(lists.alerts, helps.alerts, alertKey, drawAlert, setting);
  part('cards-part').hidden = !call?.loaded || (helps.cards.length === 0 && call.cards.length > 0);
  keyed(lists.cards, helps.cards, cardKey, (card) => drawCard(card, pinned), `${setting} ${pinned}`);
  part('no-cards').hidden = !!call?.cards.length;
  write(part('no-cards'), t(call?.ended ? 'no_cards_after' : 'no_cards'));
  fold(call);
}

/** Unfolds what the reader wants unfolded; by itself whom they speak with, until there is something to say. */
function fold(call) {
  const quiet = call && !call.ended && call.cards.length === 0 && call.alerts.length === 0;
  for (const node of pane.querySelectorAll('[data-fold]')) {
    const details = node.matches('details') ? node : node.querySelector('details');
    if (details) details.open = folds.get(node.dataset.fold) ?? (node.dataset.fold === 'customer' && !!quiet);
  }
}
