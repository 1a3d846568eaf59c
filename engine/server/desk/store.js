// Events in, what the page shows out. No DOM, no clock, no network: see tests/store.test.mjs.
//
// Every function takes a state and returns the next one; what did not change keeps its identity, so
// that a view redraws only what is new. Every list has a bound, because a page stays open all day.

import { pointOf, pointsOf, withPoint } from './curve.js';

/** How much is kept. The oldest goes first. */
export const LIMITS = { live: 1000, ended: 30, items: 600, cards: 30, alerts: 60, points: 240, waiting: 2000 };

/** Severities from calm to grave. */
export const SEVERITIES = ['info', 'warning', 'critical'];

/**
 * Nothing known yet. `heads`: one line per call of the list; `open`: the call that is looked at;
 * `heard`: how many events came.
 */
export const empty = () => ({ heads: new Map(), open: null, heard: 0, lagged: null });

/** The run of the engine that told an event. Its `seq` counts within the run alone. */
const runOf = (event) => event.id?.split('-', 1)[0] ?? '';

/** What one event of `/v1/events` changes. Unknown kinds change nothing. */
export function reduce(state, event) {
  if (event.kind === 'lagged') return { ...state, lagged: event };
  if (!event.call_id) return state;
  const open = state.open?.call_id === event.call_id ? openNext(state.open, event) : state.open;
  const heard = state.heard + 1;
  return { ...state, heads: headsNext(state.heads, event, heard), open, heard };
}

/**
 * Takes over `GET /v1/calls`. A live call that is missing there has ended unseen at `now`, unless it
 * was heard of after `asked`, the state's `heard` when the list was asked for.
 */
export function synced(state, calls, asked, now) {
  const heads = new Map(state.heads);
  const live = new Set(calls.map((call) => call.call_id));
  for (const call of calls) {
    const { customer, ...head } = { ...newHead(call.call_id), ...heads.get(call.call_id), ...call };
    heads.set(call.call_id, { ...head, name: customer || head.name });
  }
  for (const [id, head] of heads) {
    if (!live.has(id) && !head.ended_ms && head.heard <= asked) heads.set(id, { ...head, ended_ms: now });
  }
  return { ...state, heads: bounded(heads) };
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
  const open = { ...call, ended: call.ended || detail.ended === true,
    cards: call.cards.map((card) => ({ ...card, vote: vote(card) })),
    alerts: call.alerts.map((alert) => ({ ...alert, seen: seen(alert) })) };
  return { ...state, open, heads: head ? new Map(state.heads).set(head.call_id, headOf(head, open)) : state.heads };
}

/** A line of the list as a loaded call knows it: name and alerts of before the page was there. */
const headOf = (head, call) => ({ ...head, name: call.customer?.name ?? head.name, off: call.off,
  alerts: Object.fromEntries(call.alerts.filter((alert) => !alert.cleared).map((alert) => [alert.alert, alert.severity])) });

/** The call could not be loaded: `missing` if it is not kept, `error` otherwise. */
export function failed(state, callId, failure) {
  if (state.open?.call_id !== callId) return state;
  return { ...state, open: { ...state.open, later: null, failed: failure } };
}

/** Remembers a thumb: `true`, `false`, or `undefined` to take it back. */
export function voted(state, key, useful) {
  return withOpen(state, (call) => ({ cards: call.cards.map((card) => (cardKey(card) === key ? { ...card, vote: useful } : card)) }));
}

/** Remembers whether the agent has seen an alert. */
export function acknowledged(state, number, seen) {
  return withOpen(state, (call) => ({ alerts: call.alerts.map((alert) => (alert.alert === number ? { ...alert, seen } : alert)) }));
}

/** Somebody wants a note written at once that the CRM did not take; `asked` until it was tried. */
export function retried(state, asked) {
  return withOpen(state, (call) => (call.crm?.kind === 'crm_failed' ? { crm: { ...call.crm, asked } } : {}));
}

/** Names a card within its call. */
export const cardKey = (card) => `${card.utterance}/${card.article_id}`;

/** How grave an alert is by now: one that is over less than any, one that was withdrawn least. */
const gravity = ({ severity, cleared }) => (cleared ? (cleared.withdrawn ? -2 : -1) : SEVERITIES.indexOf(severity));

/** Alerts as they are shown: of each situation the gravest that stands, the others of it `under` it. */
export function situations(alerts) {
  const groups = new Map();
  for (const alert of alerts) {
    const situation = alert.situation || alert.alert;
    groups.set(situation, [...(groups.get(situation) ?? []), alert]);
  }
  return [...groups.values()].map((group) => {
    if (group.length === 1) return group[0];
    const [head, ...under] = group.toSorted((a, b) => gravity(b) - gravity(a) || a.alert - b.alert);
    return { ...head, under };
  });
}

/** The alert that speaks from now on in place of one that was withdrawn, or `null` if that did not speak. */
export function successor(alerts, withdrawn) {
  const before = alerts.map((alert) => (alert.alert === withdrawn ? { ...alert, cleared: undefined } : alert));
  if (!situations(before).some((head) => head.alert === withdrawn)) return null;
  const now = situations(alerts).find((head) => head.under?.some((alert) => alert.alert === withdrawn));
  return now && !now.cleared ? now : null;
}

/** The gravest alert of a head that is not cleared, or `null`. */
export function gravest(head) {
  const active = new Set(Object.values(head.alerts));
  return SEVERITIES.findLast((severity) => active.has(severity)) ?? null;
}

/** Live calls first to see: critical ones, then the newest. Narrowed to an agent and a filter text. */
export function liveHeads(state, agent, filter) {
  const wanted = filter.trim().toLowerCase();
  const matches = (head) =>
    (!agent || head.agent_id === agent) &&
    (!wanted || [head.name, head.agent_id, head.caller?.given, head.caller?.e164, head.callee?.given, head.call_id]
      .some((text) => text?.toLowerCase().includes(wanted)));
  const weight = (head) => (gravest(head) === 'critical' ? 1 : 0);
  const all = [...state.heads.values()].filter(matches);
  return {
    live: all.filter((head) => !head.ended_ms).sort((a, b) => weight(b) - weight(a) || b.opened_ms - a.opened_ms),
    ended: all.filter((head) => head.ended_ms).sort((a, b) => b.ended_ms - a.ended_ms),
  };
}

function newHead(callId) {
  return { call_id: callId, agent_id: '', caller: null, callee: null, direction: 'unknown', metadata: {},
    opened_ms: 0, ended_ms: 0, name: '', alerts: {}, off: [], heard: 0 };
}

const isSame = (one, event) => one.role === event.role && (one.party ?? '') === (event.party ?? '');

/** Who is not listened to, and why, after one more event: on hold, muted or paused. */
function offNext(off, event) {
  const others = off.filter((one) => !isSame(one, event));
  if (event.kind === 'leg_state' && event.state !== 'active') return [...others, { role: event.role, party: event.party ?? '', state: event.state }];
  return others;
}

/** The names of those who take part, by role and id, after one more event. */
const nameKey = ({ role, party, id }) => `${role}/${party ?? id ?? ''}`;
const namesNext = (names, parties) => ({ ...names, ...Object.fromEntries(parties.map((party) => [nameKey(party), party.name || party.id || party.party || ''])) });

/** Kinds that change a line of the list. The others, partials above all, leave the list as it is. */
const HEAD_KINDS = new Set(['call_started', 'call_ended', 'call_updated', 'party_joined', 'party_left',
  'customer_identified', 'alert_raised', 'alert_cleared', 'leg_state']);

function headsNext(heads, event, heard) {
  if (!HEAD_KINDS.has(event.kind)) return withSilence(heads, event);
  const known = heads.get(event.call_id);
  if (!known && event.kind !== 'call_started') return heads;
  const head = { ...(known ?? newHead(event.call_id)), heard };
  switch (event.kind) {
    case 'call_started':
      Object.assign(head, { agent_id: event.agent_id ?? '', caller: event.caller, callee: event.callee,
        direction: event.direction, metadata: event.metadata ?? {}, opened_ms: event.wall_time_ms, spoken: false });
      break;
    case 'call_ended': head.ended_ms = event.wall_time_ms; break;
    case 'call_updated': Object.assign(head, { caller: event.caller, callee: event.callee,
      direction: event.direction, metadata: event.metadata ?? {} }); break;
    // After a transfer it is another agent's call.
    case 'party_joined': head.agent_id = event.agent_id ?? head.agent_id; break;
    case 'party_left':
      Object.assign(head, { agent_id: event.agent_id ?? head.agent_id, silent: (head.silent ?? []).filter((one) => !isSame(one, event)),
        off: offNext(head.off, event) });
      break;
    case 'leg_state': head.off = offNext(head.off, event); break;
    case 'customer_identified': head.name = event.name; break;
    case 'alert_raised': head.alerts = { ...head.alerts, [event.alert]: event.severity }; break;
    case 'alert_cleared': head.alerts = { ...head.alerts, [event.alert]: undefined }; break;
  }
  return bounded(new Map(heads).set(event.call_id, head));
}

/**
 * `silent`: legs that no media comes from and that have not spoken since. `spoken`: whether anybody was
 * heard, as far as it is known: not for calls that began before the page.
 */
function withSilence(heads, event) {
  const head = heads.get(event.call_id);
  const silent = head?.silent ?? [];
  const others = silent.filter((one) => !isSame(one, event));
  if (head && event.kind === 'no_media') {
    const one = { role: event.role, party: event.party ?? '', payload_type: event.payload_type };
    return new Map(heads).set(event.call_id, { ...head, silent: [...others, one] });
  }
  if (head && event.kind === 'speech_begin' && (others.length < silent.length || !head.spoken)) {
    return new Map(heads).set(event.call_id, { ...head, spoken: true, silent: others });
  }
  return heads;
}

/** What a line of the list has to say of a call without sound: `silent`, `unheard`, or `null`. */
export function soundless(head) {
  if (head.ended_ms) return head.spoken === false ? 'unheard' : null;
  return head.silent?.length ? 'silent' : null;
}

/** Drops the oldest calls, ended and live ones each to their own limit. */
function bounded(heads) {
  const drop = (list, limit) => list.slice(0, Math.max(0, list.length - limit)).forEach(([id]) => heads.delete(id));
  const all = [...heads];
  drop(all.filter(([, head]) => head.ended_ms).sort(([, a], [, b]) => a.ended_ms - b.ended_ms), LIMITS.ended);
  drop(all.filter(([, head]) => !head.ended_ms).sort(([, a], [, b]) => a.opened_ms - b.opened_ms), LIMITS.live);
  return heads;
}

function newCall(callId) {
  return { call_id: callId, agent_id: '', opened_ms: 0, caller: null, callee: null, direction: 'unknown', metadata: {},
    items: [], left_out: 0, off: [], names: {}, customer: null, cards: [], alerts: [], points: [], summary: null, crm: null, recording: null,
    ended: false, end_reason: null, ended_ms: 0, since: new Map(), loaded: false, later: null, failed: null };
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

/** The number on the other side of the line. */
const customerOf = ({ direction, caller, callee }) => (direction === 'outbound' ? callee : caller);

function callNext(call, event) {
  switch (event.kind) {
    case 'call_started':
      return { ...call, agent_id: event.agent_id ?? call.agent_id, caller: event.caller, callee: event.callee,
        direction: event.direction, metadata: event.metadata ?? {}, opened_ms: event.wall_time_ms,
        names: namesNext(call.names, event.parties ?? []) };
    case 'call_updated':
      return { ...call, customer: customerOf(event)?.given === customerOf(call)?.given ? call.customer : null, caller: event.caller, callee: event.callee, direction: event.direction, metadata: event.metadata ?? {} };
    case 'party_joined': {
      const names = namesNext(call.names, [event]);
      return withMark({ ...call, names, agent_id: event.agent_id ?? call.agent_id }, event, { name: names[nameKey(event)] });
    }
    case 'party_left':
      return withMark({ ...call, agent_id: event.agent_id ?? call.agent_id, off: offNext(call.off, event) }, event, { name: call.names[nameKey(event)] });
    case 'leg_state':
      // Whoever has left is not back because the leg is listened to again.
      if (event.state === 'active' && !call.off.some((one) => isSame(one, event))) return call;
      return withMark({ ...call, off: offNext(call.off, event) }, event, { state: event.state });
    case 'call_ended':
      // Nobody speaks any more: words that were never settled will not be.
      return { ...call, ended: true, end_reason: event.reason, ended_ms: event.wall_time_ms,
        off: [], items: call.items.filter((item) => item.kind !== 'said' || item.final || item.text) };
    case 'speech_begin': return withSaid(call, event, { speaking: true });
    case 'speech_end': return withSaid(call, event, { speaking: false });
    case 'partial':
      return withSaid(call, event, { text: event.text, confirmed: event.confirmed, lang: event.lang });
    case 'final':
      return withSaid(call, event, { text: event.text, spoken: event.spoken, confirmed: event.text, lang: event.lang, final: true,
        speaking: false, start: event.start_ms, confidence: event.confidence, doubtful: doubtfulRanges(event), holes: event.unrecognised?.length ?? 0 });
    case 'revised':
      return withSaid(call, event, { text: event.text, spoken: event.spoken, confirmed: event.text, lang: event.lang, final: true,
        speaking: false, start: event.start_ms, confidence: event.confidence, doubtful: doubtfulRanges(event), holes: event.unrecognised?.length ?? 0, live: event.live, retracted: false, unrecognised: false });
    case 'retracted': return withSaid(call, event, { retracted: true, final: true, text: '' });
    case 'unrecognised': return withSaid(call, event, { unrecognised: true, final: true, text: '', other_lang: event.lang });
    case 'gap': return withMark(call, event, { lost_ms: event.lost_ms }, (was) => ({ lost_ms: was.lost_ms + event.lost_ms }));
    case 'dtmf': return withMark(call, event, { keys: event.key }, (was) => ({ keys: (was.keys + event.key).slice(-40) }));
    case 'no_media': {
      const { waited_ms, payload_type } = event;
      return withMark(call, event, { waited_ms, payload_type }, () => ({ waited_ms, payload_type }));
    }
    case 'recording':
      return withMark({ ...call, recording: { state: event.state, why: event.why }, recorded: call.recorded || event.state !== 'off' }, event, { state: event.state, why: event.why });
    case 'consent': return withMark(call, event, { given: event.given });
    case 'customer_identified': return { ...call, customer: event };
    case 'suggestion': return withCard(call, event);
    case 'alert_raised':
      return { ...call, alerts: sortedAlerts([...call.alerts.filter((a) => a.alert !== event.alert), { ...event, cleared: null }]) };
    case 'alert_cleared':
      return { ...call, alerts: sortedAlerts(call.alerts.map((a) =>
        (a.alert === event.alert ? { ...a, cleared: { why: event.why, start_ms: event.start_ms, withdrawn: event.withdrawn === true } } : a))) };
    case 'emotion': return { ...call, points: withPoint(call.points, pointOf(event), LIMITS.points) };
    case 'summary': return { ...call, summary: event, points: event.mood?.length ? pointsOf(event) : call.points };
    case 'crm_written': return { ...call, crm: event };
    // A ticket that is written stays written, whatever comes in late.
    case 'crm_failed': return call.crm?.kind === 'crm_written' ? call : { ...call, crm: event };
    default: return call;
  }
}

/** Where words that may well be wrong stand in the text of a final, which has figures for the words of numbers: `[start, end)` in characters. */
export function doubtfulRanges({ text, words = [], numbers = [] }) {
  const ranges = [];
  let from = 0;
  for (let at = 0; at < words.length;) {
    const number = numbers.find((one) => one.start_word <= at && at < one.end_word);
    const end = number ? number.end_word : at + 1;
    const written = number ? number.text : words[at].word;
    const start = text.indexOf(written, from);
    if (start >= 0) {
      from = start + written.length;
      const before = Array.from(text.slice(0, start)).length;
      if (words.slice(at, end).some((word) => word.doubtful)) ranges.push([before, before + Array.from(written).length]);
    }
    at = end;
  }
  return ranges;
}

/** Active ones first, the gravest and the newest on top. */
function sortedAlerts(alerts) {
  return alerts.sort((a, b) => gravity(b) - gravity(a) || b.alert - a.alert).slice(0, LIMITS.alerts);
}

/** One card per article: when it comes again, it comes to the top. */
function withCard(call, event) {
  const cards = [event, ...call.cards.filter((card) => card.article_id !== event.article_id)].slice(0, LIMITS.cards);
  const items = call.items.map((item) =>
    (item.utterance === event.utterance ? { ...item, triggers: [...(item.triggers ?? []), ...event.triggers] } : item));
  return { ...call, cards, items };
}

/** Changes an utterance. Once it is final nothing changes it but another final or a second hearing: partials may come late. */
function withSaid(call, event, change) {
  const key = `u${event.utterance}`;
  const was = call.items.find((item) => item.key === key);
  if ((was?.retracted || was?.final) && !change.final) return call;
  const item = { kind: 'said', utterance: event.utterance, text: '', confirmed: '', ...was, key,
    role: event.role ?? was?.role, start: was?.start ?? event.start_ms, ...change };
  return withItem(call, item);
}

/** Adds a remark between the words; where there is `again`, the same remark right after it becomes one with it. */
function withMark(call, event, first, again) {
  const last = call.items.at(-1);
  if (again && last?.kind === event.kind && isSame(last, event)) return withItem(call, { ...last, ...again(last) });
  return withItem(call, { kind: event.kind, key: `s${event.id ?? event.seq}`, role: event.role, party: event.party ?? '', start: event.start_ms, ...first });
}

/** Puts an item where it was heard; two that began together stay in the order they came. */
function withItem(call, item) {
  const items = call.items.filter((other) => other.key !== item.key);
  const at = items.findLastIndex((other) => other.start <= item.start) + 1;
  const was = call.items.findIndex((other) => other.key === item.key);
  items.splice(was >= 0 && call.items[was].start === item.start ? was : at, 0, item);
  const over = Math.max(0, items.length - LIMITS.items);
  return { ...call, items: items.slice(over), left_out: call.left_out + over };
}
