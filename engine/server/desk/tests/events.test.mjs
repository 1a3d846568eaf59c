// The desk reads what the engine writes: the golden files of all kinds of events.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { empty, opened, opening, reduce } from '../state/store.js';

const folder = new URL('../../../types/golden/events/', import.meta.url);
const read = (path) => readFileSync(new URL(path, folder), 'utf8').trim().split('\n').map((line) => JSON.parse(line));
const golden = readdirSync(folder).filter((name) => name.endsWith('.json')).flatMap(read);
const of = (kind) => read(`${kind}.json`)[0];
const fresh = () => opened(opening(empty(), 'c-1'), { call_id: 'c-1', events: [] });
const open = (events) => events.toSorted((a, b) => a.seq - b.seq).reduce(reduce, fresh()).open;

test('every kind of event has a golden file and changes the desk as it should', () => {
  const call = open(golden);
  assert.equal(call.caller.e164, '+14155550123', 'as it became known later');
  assert.equal(call.agent_id, 'agent-7');
  assert.equal(call.end_reason, 'closed');
  assert.equal(call.customer.name, 'Ann Lee');
  assert.deepEqual(call.cards.map((card) => card.title), ['Charged twice']);
  assert.deepEqual(call.alerts.map((alert) => [alert.rule, alert.cleared?.why]), [['legal threat', 'not heard again for 2 min'], ['churn', 'taken back']]);
  assert.deepEqual(call.alerts.map((alert) => alert.cleared.withdrawn), [false, true]);
  assert.equal(call.summary.follow_ups[1].due, null);
  assert.equal(call.summary.follow_ups[0].due, '2026-05-07');
  assert.equal(call.crm.ticket_id, 'T-9', 'a ticket that is written stays written');
  assert.equal(call.points.at(-1).strain, 0.41);
  assert.deepEqual(call.messages.map((one) => [one.text, one.by, one.read.by]), [['Offer the refund, I approve it.', 'lead-1', 'agent-7']]);
  assert.equal(call.claimed, null, 'given back');
  assert.deepEqual(call.work.items.map((one) => [one.item, one.tick.utterance]), [['identity', 3]]);
  assert.deepEqual(call.work.promises, [], 'withdrawn');
  const kinds = call.items.map((item) => item.kind);
  for (const kind of ['said', 'gap', 'dtmf', 'no_media', 'recording', 'consent', 'claimed', 'released', 'message']) assert.ok(kinds.includes(kind), kind);
});

test('words are read, taken back and given up', () => {
  const said = (...kinds) => open(kinds.map(of)).items.find((item) => item.kind === 'said');
  assert.deepEqual([said('speech_begin').speaking, said('speech_begin', 'speech_end').speaking], [true, false]);
  assert.equal(said('speech_begin', 'partial').confirmed, 'I was');
  assert.deepEqual([said('final').text, said('final').spoken], ['I paid $25.', 'I paid twenty five dollars.']);
  assert.equal(said('partial', 'retracted').retracted, true);
  assert.equal(said('partial', 'unrecognised').unrecognised, true);
});

test('calls of before events had ids are shown like any other', () => {
  const old = read('v1/final.json').map((event, i) => ({ ...event, utterance: i + 1, seq: i + 1 }));
  const state = opened(opening(empty(), 'c-1'), { call_id: 'c-1', events: old });
  assert.deepEqual(state.open.items.map((item) => item.text), ['I paid $25.', '办理 5G套餐', 'no no no']);
});
