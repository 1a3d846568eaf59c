// The wall: all live calls, those that need somebody first. It draws at its own pace, and nothing jumps under a pointer.

import { h } from '../shell/dom.js';
import { t } from '../shell/i18n.js';
import { asBefore, attention, inOrder, isWanted, KINDS, unmoved, usual } from '../state/attention.js';
import * as tiles from './tile.js';

/** From one drawing to the next, whatever happens meanwhile. */
const DRAW_MS = 500;
/** From one change of the order to the next. */
const SORT_MS = 4000;
/** Calls that are weighed and drawn without a pause. */
const SLICE = 100;
/** Calls that are moved without a pause. */
const MOVES = 30;
/** The fields as they stand in the form and in the page's address. */
export const FIELDS = ['q', 'agent_id', 'why'];

const part = (id) => document.getElementById(id);
const form = part('wall-form');
const list = part('wall');
const note = part('wall-note');
const count = part('wall-count');
const changed = part('wall-changed');
const known = new Map();
let order = [];
let sorted = 0;
let drawn = 0;
let due = null;
let look = null;
let held = false;
let wished = false;
/** The call whose last words are shown: the one that is pointed at, or has the focus. */
let peeked = null;
let agents = '';

/** Prepares the page. `choose(callId)` opens a call, `claim(callId)` takes care of it or gives that up, `whole()` closes the open one; `remember(fields)` keeps what was asked for. */
export function start(params, { choose, claim, whole, remember }) {
  form.elements.why.append(...['free', ...KINDS].map((kind) => h('option', { value: kind, 'data-t': `wall_${kind}` })));
  for (const name of FIELDS) form.elements[name].value = params.get(name) ?? '';
  const keep = () => remember(asked());
  form.addEventListener('submit', (event) => { event.preventDefault(); keep(); });
  form.addEventListener('input', sortNow);
  form.addEventListener('change', keep);
  form.addEventListener('reset', () => setTimeout(() => { keep(); sortNow(); }));
  list.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    if (button?.dataset.claim) claim(button.dataset.claim);
    else if (button) choose(button.dataset.call);
  });
  part('wall-whole').addEventListener('click', whole);
  changed.addEventListener('click', () => { sortNow(); list.querySelector('.call')?.focus(); });
  for (const comes of ['pointerover', 'focusin']) list.addEventListener(comes, (event) => peek(event.target.closest('li')?.querySelector('.call').dataset.call ?? null));
  for (const goes of ['pointerleave', 'focusout']) list.addEventListener(goes, () => peek(null));
  list.addEventListener('pointerenter', () => { held = true; });
  for (const gone of ['pointerleave', 'pointercancel']) list.addEventListener(gone, () => { held = false; });
}

function peek(callId) {
  if (peeked === callId) return;
  peeked = callId;
  soon(0);
}

/** Moves the focus to a call. */
export const focusOn = (callId) => known.get(callId)?.open.focus();

/** Puts the calls in order at once, whoever points at them. */
export function sortNow() {
  wished = true;
  soon(0);
}

/** Shows calls as they stand: `state`, the call that is `chosen`, and what the reader may do and is called. Drawn a little later, with what comes until then. */
export function render(state, reader) {
  look = { state, reader };
  soon(DRAW_MS - (performance.now() - drawn));
}

/** Time goes on: silence grows, calls become long. */
setInterval(() => { if (look && document.body.dataset.view === 'wall') soon(0); }, 2000);

function soon(wait) {
  if (due && wait > 0) return;
  clearTimeout(due);
  due = setTimeout(() => { due = null; if (look) draw(); }, Math.max(0, wait));
}

const asked = () => Object.fromEntries(FIELDS.map((name) => [name, form.elements[name].value.trim()]));

function draw() {
  drawn = performance.now();
  const { state, reader } = look;
  const now = Date.now();
  const heads = [...state.heads.values()].filter((head) => !head.ended_ms);
  const norm = usual(heads, now);
  const all = heads.map((head) => ({ head, call_id: head.call_id, opened_ms: head.opened_ms, ...attention(head, state.pulses.get(head.call_id), now, norm) }));
  const fields = asked();
  const wanted = all.filter((entry) => isWanted(entry, fields));
  const best = inOrder(wanted, order);
  const kept = asBefore(wanted, order);
  const differs = best.some((id, i) => id !== kept[i]);
  const isLookedAt = held || list.contains(document.activeElement);
  if (wished || order.length === 0 || (!isLookedAt && drawn - sorted >= SORT_MS)) {
    order = best;
    sorted = drawn;
  } else {
    order = kept;
  }
  part('wall-whole').hidden = !reader.chosen;
  changed.hidden = !(differs && isLookedAt && !wished);
  wished = false;
  show(new Map(wanted.map((entry) => [entry.call_id, entry])), { ...reader, now });
  const needy = all.filter((entry) => entry.reasons.some(({ kind }) => kind !== 'repeat') && !entry.head.claimed).length;
  const text = t('wall_counts', { n: all.length, needy });
  if (count.textContent !== text) count.textContent = text;
  note.textContent = all.length === 0 ? t('no_live') : wanted.length === 0 ? t('no_match') : '';
  note.hidden = !note.textContent;
  nameAgents(heads);
}

/** Brings the tiles in line with the calls that are `wanted`, in slices: nobody waits for the last of many. */
function show(wanted, reader) {
  const focused = order.length && list.contains(document.activeElement) ? document.activeElement.closest('li') : null;
  const place = focused ? [...list.children].indexOf(focused) : -1;
  for (const [id, tile] of known) {
    if (wanted.has(id)) continue;
    tile.node.remove();
    known.delete(id);
  }
  arrange(order.map((id) => {
    if (!known.has(id)) known.set(id, tiles.make(id));
    return known.get(id).node;
  }), order);
  const fill = (from) => {
    for (const id of order.slice(from, from + SLICE)) tiles.fill(known.get(id), wanted.get(id), { ...reader, chosen: id === reader.chosen, last: id === peeked ? look.state.pulses.get(id)?.last : null });
  };
  fill(0);
  const rest = (from, of) => {
    if (of !== order || from >= order.length) return;
    fill(from);
    setTimeout(rest, 0, from + SLICE, of);
  };
  if (order.length > SLICE) setTimeout(rest, 0, SLICE, order);
  // The call that had the focus is over: the one that stands in its place has it.
  if (focused && !focused.isConnected) list.children[Math.min(place, list.children.length - 1)]?.querySelector('.call').focus({ preventScroll: true });
}

/** Makes `nodes` the children of the list, in their order `of`, and moves as few of them as can be: the first at once, the others in slices. */
function arrange(nodes, of) {
  const places = new Map([...list.children].map((node, i) => [node, i]));
  const stays = unmoved(nodes.map((node) => places.get(node) ?? -1));
  const moves = [];
  let next = null;
  for (let i = nodes.length - 1; i >= 0; i -= 1) {
    if (stays.has(i)) next = nodes[i];
    else moves.push([nodes[i], next]);
  }
  moves.reverse();
  const move = (from) => {
    for (const [node, before] of moves.slice(from, from + MOVES)) list.insertBefore(node, before);
    if (from + MOVES < moves.length) setTimeout(() => { if (of === order) move(from + MOVES); });
  };
  move(0);
}

/** Offers the agents that have calls. */
function nameAgents(heads) {
  const ids = [...new Set(heads.map((head) => head.agent_id).filter(Boolean))].sort();
  if (ids.join('\n') === agents) return;
  agents = ids.join('\n');
  part('agents').replaceChildren(...ids.map((id) => h('option', { value: id })));
}
