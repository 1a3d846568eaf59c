// node --test engine/server/desk/tests/

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { asBefore, attention, inOrder, isWanted, unmoved, usual } from '../state/attention.js';

const NOW = Date.parse('2026-05-07T12:00:00Z');
const MINUTE = 60_000;
const head = (fields) => ({ call_id: 'c1', agent_id: 'a1', opened_ms: NOW - MINUTE, alerts: {}, off: [], silent: [], ...fields });
const talks = { spoke_ms: NOW - 1000 };
const reasons = (fields, pulse = talks, norm = null) => attention(head(fields), pulse, NOW, norm).reasons;
const kinds = (...of) => reasons(...of).map((one) => one.kind);
const weight = (fields, pulse = talks) => attention(head(fields), pulse, NOW, null).weight;
const alert = (severity, fields) => ({ severity, message: severity, raised_ms: NOW, seen: false, ...fields });

test('a call that goes well needs nobody', () => {
  assert.deepEqual(attention(head(), talks, NOW, null), { weight: 0, reasons: [] });
});

test('the gravest alert that nobody has seen comes first, and says what it is about', () => {
  const alerts = { 1: alert('critical', { seen: true }), 2: alert('warning', { message: 'about to leave' }), 3: undefined };
  const [first] = reasons({ alerts });
  assert.deepEqual([first.kind, first.message, first.seen, first.more], ['warning', 'about to leave', false, 1]);
  assert.ok(weight({ alerts: { 1: alert('critical') } }) > weight({ alerts }));
  assert.deepEqual(kinds({ alerts: { 1: alert('info') } }), [], 'a note is for the agent alone');
});

test('strain, silence, and a side that is not heard are reasons of their own', () => {
  assert.deepEqual(kinds({}, { ...talks, strain: 0.8 }), ['strain']);
  assert.deepEqual(kinds({}, { ...talks, strain: 0.4 }), []);
  assert.deepEqual(kinds({}, { spoke_ms: NOW - 29_000 }), []);
  const [quiet] = reasons({}, { spoke_ms: NOW - 70_000 });
  assert.deepEqual([quiet.kind, quiet.quiet_ms, quiet.held], ['silence', 70_000, false]);
  assert.deepEqual(kinds({ opened_ms: NOW - 2 * MINUTE }, null), ['silence'], 'nobody has spoken at all');
  assert.equal(reasons({ silent: [{ role: 'customer' }] })[0].role, 'customer');
  assert.deepEqual(kinds({ silent: [{ role: 'customer' }], off: [{ role: 'customer', state: 'held' }] }), [], 'on hold');
});

test('a call is long against those that go on at the same time', () => {
  const others = (minutes) => Array.from({ length: 20 }, (_, i) => head({ opened_ms: NOW - (minutes + i / 10) * MINUTE }));
  const long = (minutes, norm) => kinds({ opened_ms: NOW - minutes * MINUTE }, talks, norm);
  assert.deepEqual(long(20, usual(others(4), NOW)), ['long']);
  assert.deepEqual(long(20, usual(others(18), NOW)), [], 'all take as long');
  assert.deepEqual(long(4, usual(others(1), NOW)), [], 'nobody calls four minutes long');
  assert.equal(usual(others(4).slice(0, 7), NOW), null, 'too few to tell');
});

test('whoever has to call again within days is told as such, by the engine or by the CRM', () => {
  assert.deepEqual(reasons({ called_before: { last_ms: NOW - 3 * 86_400_000, times: 2 } })[0], { kind: 'repeat', weight: 20, times: 2 });
  assert.equal(reasons({ last_contact: '2026-05-04' })[0].day, '2026-05-04');
  for (const last_contact of ['2026-04-04', '', null, 'soon']) assert.deepEqual(kinds({ last_contact }), [], last_contact);
});

test('a call that somebody takes care of sinks below those that nobody does', () => {
  const claimed = { by: 'ann', since_ms: NOW };
  const grave = { 1: alert('critical') };
  assert.ok(weight({ alerts: grave, claimed }) < weight({}, { ...talks, strain: 0.5 }));
  assert.ok(weight({ alerts: grave, claimed }) > weight({}));
});

test('the order follows the weights, and about the same weight moves nothing', () => {
  const entries = [['a', 0, 1], ['b', 51, 2], ['c', 49, 3], ['d', 100, 4]].map(([call_id, weight, opened_ms]) => ({ call_id, weight, opened_ms }));
  assert.deepEqual(inOrder(entries), ['d', 'b', 'c', 'a']);
  assert.deepEqual(inOrder(entries, ['c', 'b', 'a']), ['d', 'c', 'b', 'a']);
  assert.deepEqual(asBefore(entries, ['c', 'gone', 'a']), ['c', 'a', 'b', 'd'], 'while somebody points at them');
});

test('calls are found by words, agent and reason', () => {
  const entry = { head: head({ name: 'Ann Lee' }), reasons: [{ kind: 'warning', message: 'about to leave' }] };
  for (const [asked, wanted] of [[{}, true], [{ q: ' LEE' }, true], [{ q: 'leave' }, true], [{ q: 'bob' }, false], [{ agent_id: 'a1' }, true], [{ agent_id: 'a' }, false],
    [{ why: 'warning' }, true], [{ why: 'strain' }, false], [{ why: 'free' }, true]]) assert.equal(isWanted(entry, asked), wanted, JSON.stringify(asked));
  assert.equal(isWanted({ ...entry, head: head({ claimed: { by: 'bob' } }) }, { why: 'free' }), false);
});

test('as little moves as can be', () => {
  assert.deepEqual([...unmoved([0, 1, 2, 3])].sort(), [0, 1, 2, 3]);
  assert.deepEqual([...unmoved([3, 0, 1, 2])].sort(), [1, 2, 3], 'one came to the top');
  assert.deepEqual([...unmoved([1, 2, 3, 0])].sort(), [0, 1, 2], 'one sank');
  assert.deepEqual([...unmoved([-1, 0, -1, 1])].sort(), [1, 3], 'new ones have no place');
  assert.deepEqual([...unmoved([])], []);
});
