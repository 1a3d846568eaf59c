// Which live calls need somebody, and why. No DOM, no clock: see tests/attention.test.mjs.

import { SEVERITIES } from './alerts.js';
import { isFound } from './heads.js';

/** What may be the reason, as filters and words name it. */
export const KINDS = ['critical', 'warning', 'mute', 'strain', 'silence', 'long', 'repeat'];

/** So strained a voice is worth a look, and so strained a voice more than that. */
const STRAIN = [[0.7, 40], [0.5, 20]];
/** After so long without a word; the weight it has from then on. */
const SILENCE_MS = [[180_000, 40], [60_000, 30], [30_000, 15]];
/** No call is long before this, whatever others take. */
const LONG_MS = 5 * 60_000;
/** Fewer calls than this tell nothing of how long calls are. */
const ENOUGH = 8;
/** For so long a contact counts as one of late, by whatever way. */
const RECENT_MS = 7 * 86_400_000;
const DAY_MS = 86_400_000;
/** What each further reason adds, as a share of its own weight. */
const FURTHER = 0.25;
/** What is left of the weight of a call that somebody takes care of. */
const TAKEN = 0.1;
const WEIGHTS = { critical: 100, warning: 50, info: 5 };
const SEEN_WEIGHTS = { critical: 30, warning: 10, info: 0 };

/** How long calls take at the moment: nine of ten are younger than `most`; `null` where too few go on. */
export function usual(heads, now) {
  const ages = heads.map((head) => now - head.opened_ms).sort((a, b) => a - b);
  return ages.length < ENOUGH ? null : { middle: ages[ages.length >> 1], most: ages[Math.floor(ages.length * 0.9)] };
}

/**
 * How much a call needs somebody at `now`: `weight`, and the `reasons`, the strongest first, each with its `kind`, its
 * own `weight` and what it speaks of. `pulse` tells how it goes, `norm` how long others take.
 */
export function attention(head, pulse, now, norm) {
  const reasons = [ofAlerts(head), ofMute(head), ofStrain(pulse), ofSilence(head, pulse, now), ofLength(head, now, norm), ofCaller(head, now)]
    .filter(Boolean).sort((a, b) => b.weight - a.weight);
  const [first, ...others] = reasons;
  const weight = (first?.weight ?? 0) + others.reduce((sum, one) => sum + one.weight * FURTHER, 0);
  return { weight: head.claimed ? weight * TAKEN : weight, reasons };
}

/** The gravest alert, one that nobody has seen before any that somebody has. */
function ofAlerts(head) {
  const open = Object.values(head.alerts).filter(Boolean);
  const weigh = (alert) => (alert.seen ? SEEN_WEIGHTS : WEIGHTS)[alert.severity] ?? 0;
  const [worst] = open.sort((a, b) => weigh(b) - weigh(a) || SEVERITIES.indexOf(b.severity) - SEVERITIES.indexOf(a.severity) || a.raised_ms - b.raised_ms);
  if (!worst || worst.severity === 'info' || weigh(worst) === 0) return null;
  return { kind: worst.severity, weight: weigh(worst), message: worst.message ?? '', seen: worst.seen === true, more: open.length - 1 };
}

/** Nothing comes of a side that should be heard. Who is on hold is not heard, and all is well. */
function ofMute(head) {
  const off = new Set((head.off ?? []).map((one) => one.role));
  const silent = (head.silent ?? []).find((one) => !off.has(one.role));
  return silent ? { kind: 'mute', weight: 45, role: silent.role } : null;
}

function ofStrain(pulse) {
  const found = STRAIN.find(([least]) => pulse?.strain >= least);
  return found ? { kind: 'strain', weight: found[1], strain: pulse.strain } : null;
}

function ofSilence(head, pulse, now) {
  const quiet_ms = now - (pulse?.spoke_ms ?? head.opened_ms);
  const found = SILENCE_MS.find(([least]) => quiet_ms >= least);
  return found ? { kind: 'silence', weight: found[1], quiet_ms, held: (head.off ?? []).some((one) => one.state === 'held') } : null;
}

function ofLength(head, now, norm) {
  const age_ms = now - head.opened_ms;
  if (!norm || age_ms < LONG_MS || age_ms < norm.most || age_ms < 1.5 * norm.middle) return null;
  return { kind: 'long', weight: age_ms > 2 * norm.most ? 20 : 12, age_ms, most_ms: norm.most };
}

/** Whoever has to call again within days was not helped. */
function ofCaller(head, now) {
  if (head.called_before) {
    const { last_ms, times } = head.called_before;
    return { kind: 'repeat', weight: now - last_ms < DAY_MS || times > 1 ? 20 : 12, times };
  }
  const contact = Date.parse(head.last_contact ?? '');
  return now - contact < RECENT_MS ? { kind: 'repeat', weight: 12, day: head.last_contact } : null;
}

/** Weights that differ by less than this are as good as the same: nothing moves for them. */
const STEP = 5;

/**
 * The order of calls: by weight, the gravest first; those of about the same weight stay in the order `before`, new ones
 * behind them by age. `entries` have `call_id`, `weight` and `opened_ms`.
 */
export function inOrder(entries, before = []) {
  const place = new Map(before.map((id, i) => [id, i]));
  const at = (entry) => place.get(entry.call_id) ?? Infinity;
  const level = (entry) => Math.round(entry.weight / STEP);
  return entries.toSorted((a, b) => level(b) - level(a) || (at(a) === at(b) ? a.opened_ms - b.opened_ms : at(a) - at(b))).map((entry) => entry.call_id);
}

/** The calls in the order `before`, without those that are gone, new ones at the end: nothing that is looked at moves. */
export function asBefore(entries, before) {
  const there = new Set(entries.map((entry) => entry.call_id));
  const known = new Set(before);
  return [...before.filter((id) => there.has(id)), ...entries.filter((entry) => !known.has(entry.call_id)).map((entry) => entry.call_id)];
}

/** Whether a call is among those that are asked for: by words in what is told of it, by agent, and by reason. */
export function isWanted({ head, reasons }, { q = '', agent_id = '', why = '' }) {
  return isFound(head, q, [head.claimed?.by, ...reasons.map((one) => one.message)])
    && (!agent_id || head.agent_id === agent_id)
    && (!why || (why === 'free' ? reasons.length > 0 && !head.claimed : reasons.some((one) => one.kind === why)));
}

/** The longest part of a list of places that is in order already: what need not move. Gives the indices. */
export function unmoved(places) {
  const ends = [];
  const before = [];
  for (const [i, place] of places.entries()) {
    if (place < 0) continue;
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (places[ends[middle]] < place) low = middle + 1;
      else high = middle;
    }
    before[i] = low > 0 ? ends[low - 1] : -1;
    ends[low] = i;
  }
  const stays = new Set();
  for (let i = ends.at(-1) ?? -1; i >= 0; i = before[i]) stays.add(i);
  return stays;
}
