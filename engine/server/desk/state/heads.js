// The lines of the list of calls.

import { SEVERITIES } from './alerts.js';
import { LIMITS } from './limits.js';
import { isSame, isSameCustomer, offNext } from './parties.js';

/** The gravest alert of a head that is not cleared, or `null`. */
export function gravest(head) {
  const active = new Set(Object.values(head.alerts).map((alert) => alert.severity));
  return SEVERITIES.findLast((severity) => active.has(severity)) ?? null;
}

/** Whether what is typed into a field that narrows a list, or nothing, is found in one of the texts that tell of a head. */
export function isFound(head, typed, others = []) {
  const words = typed.trim().toLowerCase();
  const texts = [head.name, head.agent_id, head.caller?.given, head.caller?.e164, head.callee?.given, head.call_id, ...others];
  return !words || texts.some((text) => text?.toLowerCase().includes(words));
}

/** Live calls first to see: critical ones, then the newest. Narrowed to an agent and a filter text. */
export function liveHeads(state, agent, filter) {
  const matches = (head) => (!agent || head.agent_id === agent) && isFound(head, filter);
  const weight = (head) => (gravest(head) === 'critical' ? 1 : 0);
  const all = [...state.heads.values()].filter(matches);
  return {
    live: all.filter((head) => !head.ended_ms).sort((a, b) => weight(b) - weight(a) || b.opened_ms - a.opened_ms),
    ended: all.filter((head) => head.ended_ms).sort((a, b) => b.ended_ms - a.ended_ms),
  };
}

export function newHead(callId) {
  return { call_id: callId, agent_id: '', caller: null, callee: null, direction: 'unknown', metadata: {},
    opened_ms: 0, ended_ms: 0, name: '', alerts: {}, off: [], claimed: null, called_before: null, last_contact: null, heard: 0 };
}

/** Kinds that change a line of the list. The others, partials above all, leave the list as it is. */
const HEAD_KINDS = new Set(['call_started', 'call_ended', 'call_updated', 'party_joined', 'party_left',
  'customer_identified', 'alert_raised', 'alert_cleared', 'alert_seen', 'claimed', 'released', 'leg_state']);

export function headsNext(heads, event, heard) {
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
    case 'call_updated':
      // Of another customer nothing is known yet.
      if (!isSameCustomer(head, event)) Object.assign(head, { name: '', called_before: 0, last_contact: null });
      Object.assign(head, { caller: event.caller, callee: event.callee, direction: event.direction, metadata: event.metadata ?? {} });
      break;
    // After a transfer it is another agent's call.
    case 'party_joined': head.agent_id = event.agent_id ?? head.agent_id; break;
    case 'party_left':
      Object.assign(head, { agent_id: event.agent_id ?? head.agent_id, silent: (head.silent ?? []).filter((one) => !isSame(one, event)),
        off: offNext(head.off, event) });
      break;
    case 'leg_state': head.off = offNext(head.off, event); break;
    case 'customer_identified': Object.assign(head, { name: event.name, last_contact: event.last_contacts?.[0]?.day ?? null }); break;
    case 'alert_raised': head.alerts = { ...head.alerts, [event.alert]: openAlert(event) }; break;
    case 'alert_cleared': head.alerts = without(head.alerts, event.alert); break;
    case 'alert_seen': head.alerts = head.alerts[event.alert] ? { ...head.alerts, [event.alert]: { ...head.alerts[event.alert], seen: true } } : head.alerts; break;
    case 'claimed': head.claimed = { by: event.by, since_ms: event.wall_time_ms }; break;
    case 'released': head.claimed = null; break;
  }
  return bounded(new Map(heads).set(event.call_id, head));
}

/** An alert that stands, as a line of the list knows it. */
const openAlert = ({ severity, message, wall_time_ms, seen }) => ({ severity, message, raised_ms: wall_time_ms, seen: seen === true });

function without(alerts, number) {
  const { [number]: _, ...others } = alerts;
  return others;
}

/** The alerts of a call as `GET /v1/calls` lists them, by their numbers. */
export const listedAlerts = (alerts) => Object.fromEntries(alerts.map(({ alert, severity, message, raised_ms, seen }) => [alert, { severity, message, raised_ms, seen }]));

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
export function bounded(heads) {
  const drop = (list, limit) => list.slice(0, Math.max(0, list.length - limit)).forEach(([id]) => heads.delete(id));
  const all = [...heads];
  drop(all.filter(([, head]) => head.ended_ms).sort(([, a], [, b]) => a.ended_ms - b.ended_ms), LIMITS.ended);
  drop(all.filter(([, head]) => !head.ended_ms).sort(([, a], [, b]) => a.opened_ms - b.opened_ms), LIMITS.live);
  return heads;
}

/** A line of the list as a loaded call knows it: name and alerts of before the page was there. */
export const headOf = (head, call) => ({ ...head, name: call.customer?.name ?? head.name, off: call.off,
  alerts: Object.fromEntries(call.alerts.filter((alert) => !alert.cleared).map((alert) => [alert.alert, openAlert(alert)])) });
