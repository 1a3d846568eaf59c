// How each live call goes: what changes all the time, apart from the lines of the list, which do not. No DOM.

import { LIMITS } from './limits.js';

/** As many characters of the last words are kept as a tile has room for. */
const LAST = 160;
/** Somebody who goes on speaking is told again after so long. */
const AGAIN_MS = 1000;
const SPOKEN = new Set(['speech_begin', 'speech_end', 'partial', 'final']);

/** What one event changes of `strain` in the customer's voice, of when somebody `spoke_ms`, and of the `last` words. */
export function pulsesNext(pulses, event) {
  const was = pulses.get(event.call_id);
  if (event.kind === 'emotion' && event.role === 'customer') return withPulse(pulses, event.call_id, { ...was, strain: event.strain });
  if (event.kind === 'final' && event.text) return withPulse(pulses, event.call_id, { ...was, spoke_ms: event.wall_time_ms, last: { role: event.role, text: Array.from(event.text).slice(-LAST).join('') } });
  if (SPOKEN.has(event.kind) && !(event.wall_time_ms - was?.spoke_ms < AGAIN_MS)) return withPulse(pulses, event.call_id, { ...was, spoke_ms: event.wall_time_ms });
  if (event.kind !== 'call_ended' || !was) return pulses;
  const next = new Map(pulses);
  next.delete(event.call_id);
  return next;
}

/** Takes over what `GET /v1/calls` tells of the calls that go on. */
export function pulsesSynced(pulses, calls) {
  const told = calls.map(({ call_id, strain, spoke_ms }) => {
    const was = pulses.get(call_id);
    return [call_id, { ...was, strain: strain ?? was?.strain, spoke_ms: Math.max(spoke_ms ?? 0, was?.spoke_ms ?? 0) || undefined }];
  });
  return new Map(told);
}

function withPulse(pulses, callId, pulse) {
  const next = new Map(pulses).set(callId, pulse);
  if (next.size > LIMITS.live) next.delete(next.keys().next().value);
  return next;
}
