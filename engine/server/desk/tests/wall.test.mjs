// node --test engine/server/desk/tests/
// What the list and the events tell of calls for those who look after them.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LIMITS } from '../state/limits.js';
import { empty, reduce, synced } from '../state/store.js';

let seq = 0;
const event = (kind, fields = {}) => ({ kind, call_id: 'c1', seq: ++seq, start_ms: 0, end_ms: 0, wall_time_ms: 1000 * seq, ...fields });
const started = (call_id = 'c1') => event('call_started', { call_id, agent_id: 'a1', caller: { given: '1' }, callee: { given: '2' }, direction: 'inbound' });
const raised = (alert, severity) => event('alert_raised', { alert, severity, message: 'about to leave' });
const head = (state) => state.heads.get('c1');
const pulse = (state) => state.pulses.get('c1');
const listed = { call_id: 'c1', agent_id: 'a1', opened_ms: 500, customer: 'Ann Lee', silent: [], off: [], strain: 0.6, spoke_ms: 900, claimed: { by: 'sue', since_ms: 800 },
  called_before: { last_ms: 100, times: 2 }, last_contact: '2026-05-04', alerts: [{ alert: 3, rule: 'churn', severity: 'critical', message: 'about to leave', raised_ms: 700, seen: true }] };

test('all that a wall needs is there with the list, before any event', () => {
  const state = synced(empty(), [listed], 0, 1000);
  assert.deepEqual(head(state).alerts, { 3: { severity: 'critical', message: 'about to leave', raised_ms: 700, seen: true } });
  assert.deepEqual([head(state).name, head(state).claimed.by, head(state).called_before.times, head(state).last_contact], ['Ann Lee', 'sue', 2, '2026-05-04']);
  assert.deepEqual(pulse(state), { strain: 0.6, spoke_ms: 900 });
  assert.equal(head(state).strain, undefined, 'what changes all the time is apart from the line');
});

test('what is told while the list is on its way is newer than the list', () => {
  const before = synced(empty(), [{ ...listed, claimed: null, alerts: [] }], 0, 0);
  const since = reduce(reduce(before, raised(4, 'critical')), event('claimed', { by: 'tom' }));
  const late = synced(since, [{ ...listed, claimed: null, alerts: [] }], before.heard, 0);
  assert.deepEqual([Object.keys(head(late).alerts), head(late).claimed.by], [['4'], 'tom']);
  const next = synced(late, [listed], late.heard, 0);
  assert.deepEqual([Object.keys(head(next).alerts), head(next).claimed.by], [['3'], 'sue']);
});

test('an engine that tells none of that is listened to all the same', () => {
  const { alerts, strain, spoke_ms, claimed, ...older } = listed;
  const state = synced(reduce(synced(empty(), [older], 0, 0), raised(1, 'warning')), [older], 1, 0);
  assert.equal(head(state).alerts[1].severity, 'warning', 'as the events had it');
});

test('alerts are raised, seen and cleared on the line of their call', () => {
  let state = reduce(reduce(empty(), started()), raised(1, 'critical'));
  assert.deepEqual([head(state).alerts[1].seen, head(state).alerts[1].message], [false, 'about to leave']);
  state = reduce(state, event('alert_seen', { alert: 1, by: 'ann' }));
  assert.equal(head(state).alerts[1].seen, true);
  assert.equal(head(reduce(state, event('alert_seen', { alert: 9, by: 'ann' }))).alerts[9], undefined, 'one that was cleared');
  assert.deepEqual(head(reduce(state, event('alert_cleared', { alert: 1 }))).alerts, {});
});

test('everybody sees who takes care of a call, and that they do no more', () => {
  const state = reduce(reduce(empty(), started()), event('claimed', { by: 'sue' }));
  assert.equal(head(state).claimed.by, 'sue');
  assert.equal(head(reduce(state, event('released', { by: 'sue' }))).claimed, null);
});

test('strain and speech leave the line as it is, and go with the call', () => {
  const before = reduce(empty(), started());
  const strained = reduce(before, event('emotion', { role: 'customer', strain: 0.7 }));
  assert.equal(head(strained), head(before));
  assert.deepEqual(pulse(reduce(strained, event('emotion', { role: 'agent', strain: 0.2 }))), { strain: 0.7 }, 'of the customer');
  const spoken = reduce(strained, event('partial', { role: 'customer', utterance: 1, text: 'I', wall_time_ms: 60_000 }));
  assert.equal(pulse(spoken).spoke_ms, 60_000);
  assert.equal(reduce(spoken, event('partial', { role: 'customer', utterance: 1, text: 'I w', wall_time_ms: 60_400 })).pulses, spoken.pulses, 'a moment later');
  const said = reduce(spoken, event('final', { role: 'customer', utterance: 1, text: 'I was charged twice.', wall_time_ms: 60_500 }));
  assert.deepEqual(pulse(said), { strain: 0.7, spoke_ms: 60_500, last: { role: 'customer', text: 'I was charged twice.' } });
  assert.equal(reduce(spoken, event('call_ended', { reason: 'closed' })).pulses.size, 0);
});

test('how calls go is kept of so many at most', () => {
  let state = empty();
  for (let n = 0; n < LIMITS.live + 5; n += 1) state = reduce(state, event('speech_begin', { call_id: `c${n}`, role: 'customer', utterance: 1 }));
  assert.equal(state.pulses.size, LIMITS.live);
});
