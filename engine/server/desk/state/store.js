// Events in, what the page shows out. No DOM, no clock, no network: see tests/store.test.mjs.
//
// Every function takes a state and returns the next one; what did not change keeps its identity, so
// that a view redraws only what is new. Every list has a bound, because a page stays open all day.

import { callNext, cardKey, newCall } from './call.js';
import { bounded, headOf, headsNext, listedAlerts, newHead } from './heads.js';
import { LIMITS } from './limits.js';
import { pulsesNext, pulsesSynced } from './pulse.js';

/**
 * Nothing known yet. `heads`: one line per call of the list; `pulses`: how each goes; `open`: the call that is looked at;
 * `heard`: how many events came.
 */
export const empty = () => ({ heads: new Map(), pulses: new Map(), open: null, heard: 0, lagged: null });

/** The run of the engine that told an event. Its `seq` counts within the run alone. */
const runOf = (event) => event.id?.split('-', 1)[0] ?? '';

/** What one event of `/v1/events` changes. Unknown kinds change nothing. */
export function reduce(state, event) {
  if (event.kind === 'lagged') return { ...state, lagged: event };
  if (!event.call_id) return state;
  const open = state.open?.call_id === event.call_id ? openNext(state.open, event) : state.open;
  const heard = state.heard + 1;
  return { ...state, heads: headsNext(state.heads, event, heard), pulses: pulsesNext(state.pulses, event), open, heard };
}

/**
 * Takes over `GET /v1/calls`. A live call that is missing there has ended unseen at `now`, unless it
 * was heard of after `asked`, the state's `heard` when the list was asked for.
 */
export function synced(state, calls, asked, now) {
  const heads = new Map(state.heads);
  const live = new Set(calls.map((call) => call.call_id));
  for (const call of calls) {
    const { customer, alerts, strain, spoke_ms, ...told } = call;
    const was = heads.get(call.call_id);
    const head = { ...newHead(call.call_id), ...was, ...told };
    // What was told of it since the list was asked for is newer.
    const isNewer = was?.heard > asked;
    heads.set(call.call_id, { ...head, name: customer || head.name, claimed: isNewer ? was.claimed : head.claimed,
      alerts: alerts && !isNewer ? listedAlerts(alerts) : head.alerts });
  }
  for (const [id, head] of heads) {
    if (!live.has(id) && !head.ended_ms && head.heard <= asked) heads.set(id, { ...head, ended_ms: now });
  }
  return { ...state, heads: bounded(heads), pulses: pulsesSynced(state.pulses, calls) };
}

/** Begins to look at a call. What is known of it stays in sight while it loads. */
export function opening(state, callId) {
  const open = state.open?.call_id === callId ? state.open : newCall(callId);
  return { ...state, open: { ...open, later: [], failed: null } };
}

/** Takes over `GET /v1/calls/{id}`, and what was told since it was asked for. */
export function opened(state, detail) {
  const was = state.open;
  if (was?.call_id !== detail.call_id) return state;
  const fresh = newCall(detail.call_id);
  const head = state.heads.get(detail.call_id);
  for (const key of ['agent_id', 'opened_ms', 'caller', 'callee', 'direction', 'metadata']) {
    fresh[key] = detail[key] ?? head?.[key] ?? fresh[key];
  }
  const events = detail.events ?? [];
  let call = events.reduce(callNext, { ...fresh, later: null, loaded: true });
  const since = new Map();
  for (const event of events) since.set(runOf(event), Math.max(since.get(runOf(event)) ?? 0, event.seq ?? 0));
  call = was.later.filter((event) => !isKnown(event, since)).reduce(callNext, { ...call, since });
  // What readers did is not among the events. What was done here may not have reached the engine yet.
  const votes = new Map((detail.feedback ?? []).map((one) => [cardKey(one), one.useful]));
  const vote = (card) => was.cards.find((other) => cardKey(other) === cardKey(card))?.vote ?? votes.get(cardKey(card));
  const seen = (alert) => was.alerts.find((other) => other.alert === alert.alert)?.seen
    ?? detail.acknowledged?.includes(alert.alert);
  const open = { ...call, done: was.done, note: was.note, ended: call.ended || detail.ended === true,
    cards: call.cards.map((card) => ({ ...card, vote: vote(card) })),
    alerts: call.alerts.map((alert) => ({ ...alert, seen: seen(alert) })) };
  return { ...state, open, heads: head ? new Map(state.heads).set(head.call_id, headOf(head, open)) : state.heads };
}

/** The call could not be loaded: `missing` if it is not kept, `error` otherwise. */
export function failed(state, callId, failure) {
  if (state.open?.call_id !== callId) return state;
  return { ...state, open: { ...state.open, later: null, failed: failure } };
}

/** Remembers a thumb: `true`, `false`, or `undefined` to take it back. */
export function voted(state, key, useful) {
  return withOpen(state, (call) => ({ cards: call.cards.map((card) => (cardKey(card) === key ? { ...card, vote: useful } : card)) }));
}

/** Remembers that the agent has done with a card, until it comes again. */
export function dealtWith(state, key) {
  return withOpen(state, (call) => ({ done: [...call.done.filter((one) => one !== key), key].slice(-LIMITS.cards) }));
}

/** Remembers whether the agent has seen an alert. */
export function acknowledged(state, number, seen) {
  return withOpen(state, (call) => ({ alerts: call.alerts.map((alert) => (alert.alert === number ? { ...alert, seen } : alert)) }));
}

/** Whether nothing has become of a note since. */
const isSameNote = (a, b) => a === b || (a && b && ['revision', 'state', 'due_ms', 'failure'].every((key) => a[key] === b[key]) && a.written.length === b.written.length);

/** Takes over the note of the call that is looked at; `null` where there is none, or it may not be read. */
export function noted(state, callId, note) {
  const was = state.open?.note;
  if (state.open?.call_id !== callId || isSameNote(was, note)) return state;
  // An answer may be overtaken by a newer one.
  return note && was && note.revision < was.revision ? state : withOpen(state, () => ({ note }));
}

/** Somebody wants a note written at once that the CRM did not take; `asked` until it was tried. */
export function retried(state, asked) {
  return withOpen(state, (call) => (call.crm?.kind === 'crm_failed' ? { crm: { ...call.crm, asked } } : {}));
}

const withOpen = (state, change) => (state.open ? { ...state, open: { ...state.open, ...change(state.open) } } : state);

/** Whether an event is among those that were loaded. `since`: the last of them, by run. */
const isKnown = (event, since) => event.seq <= (since.get(runOf(event)) ?? 0);

/** Applies an event; while the call is being loaded, keeps it as well to apply it to what comes. */
function openNext(call, event) {
  if (isKnown(event, call.since)) return call;
  const next = callNext(call, event);
  return call.later ? { ...next, later: [...call.later, event].slice(-LIMITS.waiting) } : next;
}
