// node --test engine/server/desk/tests/

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { situations, successor } from '../state/alerts.js';
import { cardKey, doubtfulRanges } from '../state/call.js';
import { gravest, liveHeads, soundless } from '../state/heads.js';
import { LIMITS } from '../state/limits.js';
import { acknowledged, empty, failed, opened, opening, reduce, retried, synced, voted } from '../state/store.js';

let seq = 0;
const event = (kind, fields = {}) => ({ kind, call_id: 'c1', seq: ++seq, start_ms: 0, end_ms: 0, wall_time_ms: 1000 + seq, ...fields });
const started = (fields) => event('call_started', { agent_id: 'a1', caller: { given: '1', e164: '+1' }, callee: { given: '2' }, direction: 'inbound', ...fields });
const partial = (utterance, confirmed, tail, fields) => event('partial', { role: 'customer', utterance, confirmed, tail, text: confirmed + tail, lang: 'en', ...fields });
const final = (utterance, text, fields) => event('final', { role: 'customer', utterance, text, lang: 'en', confidence: 1, ...fields });
const card = (article_id, utterance, fields) => event('suggestion', { article_id, utterance, title: article_id, triggers: ['twice'], ...fields });
const alert = (number, severity, fields) => event('alert_raised', { alert: number, severity, rule: 'churn', ...fields });
const cleared = (number) => event('alert_cleared', { alert: number, severity: 'warning', rule: 'churn', why: 'calm' });
const emotion = (role, end_ms, strain, mood = 'anger') => event('emotion', { role, start_ms: end_ms - 3000, end_ms, utterance: 1, strain, mood });
const play = (events, state = opened(opening(empty(), 'c1'), { call_id: 'c1', events: [] })) => events.reduce(reduce, state);
const texts = (state) => state.open.items.map((item) => item.text ?? item.kind);

test('a final replaces the partials of its utterance', () => {
  const state = play([partial(1, 'I was', ' charged'), partial(1, 'I was charged', ' twi'), final(1, 'I was charged twice.')]);
  assert.deepEqual(texts(state), ['I was charged twice.']);
  assert.equal(state.open.items[0].final, true);
});

test('a final keeps the words that its figures were said in', () => {
  const state = play([partial(1, 'I paid', ' fifty'), final(1, 'I paid $50.', { spoken: 'I paid fifty dollars.' })]);
  assert.deepEqual(texts(state), ['I paid $50.']);
  assert.equal(state.open.items[0].spoken, 'I paid fifty dollars.');
});

test('a partial that comes after its final changes nothing', () => {
  const state = play([final(1, 'Hello.'), partial(1, '', 'Hel')]);
  assert.deepEqual(texts(state), ['Hello.']);
});

test('a retracted utterance stays away even if words of it come late', () => {
  const state = play([partial(1, '', 'uh'), event('retracted', { utterance: 1 }), partial(1, '', 'uhm'), event('speech_end', { utterance: 1 })]);
  assert.equal(state.open.items[0].retracted, true);
  assert.equal(state.open.items[0].text, '');
});

test('words stand in the order they were spoken, not in the order they were recognised', () => {
  const state = play([final(2, 'second', { start_ms: 5000 }), final(1, 'first', { start_ms: 1000 }), event('gap', { role: 'customer', start_ms: 3000, lost_ms: 40 })]);
  assert.deepEqual(texts(state), ['first', 'gap', 'second']);
});

test('losses in a row become one remark, and so do keys', () => {
  const gap = (lost_ms) => event('gap', { role: 'agent', lost_ms, start_ms: 1 });
  const key = (key) => event('dtmf', { role: 'agent', key, start_ms: 2 });
  const { items } = play([gap(20), gap(40), key('4'), key('2')]).open;
  assert.deepEqual(items.map((item) => item.lost_ms ?? item.keys), [60, '42']);
});

test('who is on hold is told in the list and in the call until they are back or leave', () => {
  const leg = (state, fields) => event('leg_state', { role: 'customer', state, ...fields });
  const off = (state) => [state.heads.get('c1').off, state.open.off].map((off) => off.map((one) => `${one.role} ${one.party} ${one.state}`.trim()));
  let state = reduce(empty(), started());
  state = play([leg('held'), leg('muted', { role: 'agent', party: 'a1' })], opened(opening(state, 'c1'), { call_id: 'c1', events: [] }));
  assert.deepEqual(off(state), Array(2).fill(['customer  held', 'agent a1 muted']));
  state = play([leg('paused'), event('party_left', { role: 'agent', party: 'a1' })], state);
  assert.deepEqual(off(state), Array(2).fill(['customer  paused']));
  state = play([leg('active')], state);
  assert.deepEqual(off(state), [[], []]);
  assert.deepEqual(state.open.items.map((item) => item.state ?? item.kind), ['held', 'muted', 'paused', 'party_left', 'active']);
  const listed = synced(empty(), [{ call_id: 'c1', agent_id: 'a1', opened_ms: 1, off: [{ role: 'customer', state: 'held' }] }], 0, 1);
  assert.deepEqual(reduce(listed, leg('active')).heads.get('c1').off, []);
});

test('a transfer names who left and who joined, and it is the other agent\'s call', () => {
  const parties = [{ role: 'agent', id: 'a1', name: 'Ann' }, { role: 'customer' }];
  const joined = event('party_joined', { role: 'agent', party: 'a2', name: 'Bob', agent_id: 'a2' });
  const muted = (state) => event('leg_state', { role: 'agent', party: 'a1', state });
  let state = play([started({ parties }), muted('muted'), event('party_left', { role: 'agent', party: 'a1', agent_id: 'a1' }), muted('active'), joined]);
  state.open.items.shift();
  assert.deepEqual(state.open.items.map((item) => [item.kind, item.name]), [['party_left', 'Ann'], ['party_joined', 'Bob']]);
  assert.equal(state.open.agent_id, 'a2');
  state = play([event('party_left', { role: 'customer' })], state);
  assert.equal(state.open.items.at(-1).name, '', 'nobody knows theirs');
});

test('an utterance that ends without words leaves nothing after the call', () => {
  const state = play([event('speech_begin', { role: 'agent', utterance: 1 }), event('call_ended', { reason: 'closed' })]);
  assert.deepEqual(state.open.items, []);
  assert.equal(state.open.end_reason, 'closed');
});

test('an article that comes again moves to the top instead of standing there twice', () => {
  const state = play([card('a', 1), card('b', 2), card('a', 3)]);
  assert.deepEqual(state.open.cards.map(cardKey), ['3/a', '2/b']);
});

test('a card marks the words that brought it up', () => {
  const state = play([partial(1, 'charged twice', ''), card('a', 1), final(1, 'charged twice')]);
  assert.deepEqual(state.open.items[0].triggers, ['twice']);
});

test('alerts stand by gravity, and cleared ones below', () => {
  const state = play([alert(1, 'info'), alert(2, 'critical'), alert(3, 'warning'), alert(4, 'warning'), cleared(2)]);
  assert.deepEqual(state.open.alerts.map((one) => one.alert), [4, 3, 1, 2]);
  assert.equal(state.open.alerts[3].cleared.why, 'calm');
});

test('of a situation the gravest that stands is shown, the others under it', () => {
  const withdrawn = { ...cleared(2), withdrawn: true };
  const shown = (...events) => situations(play(events).open.alerts).map((one) => [one.alert, (one.under ?? []).map((under) => under.alert)]);
  const raised = [alert(1, 'warning', { situation: 1 }), alert(2, 'critical', { situation: 1 }), alert(3, 'info', { situation: 1, folded: true }),
    alert(4, 'warning', { situation: 4 })];
  assert.deepEqual(shown(...raised), [[2, [1, 3]], [4, []]]);
  assert.deepEqual(shown(...raised, withdrawn), [[4, []], [1, [3, 2]]]);
  assert.deepEqual(shown(alert(1, 'info'), alert(2, 'info')), [[2, []], [1, []]], 'of before there were situations');
});

test('whom one listened to is followed by the next gravest of the situation', () => {
  const next = (number) => {
    const state = play([alert(1, 'warning', { situation: 1 }), alert(2, 'critical', { situation: 1 }), { ...cleared(number), withdrawn: true }]);
    return successor(state.open.alerts, number)?.alert;
  };
  assert.equal(next(2), 1, 'the critical one spoke');
  assert.equal(next(1), undefined, 'it lay under the critical one');
  assert.equal(successor(play([alert(1, 'info'), { ...cleared(1), withdrawn: true }]).open.alerts, 1), null, 'none is left');
});

test('an alert that was raised in error is told from one that is over, even after it was cleared', () => {
  const state = play([alert(1, 'critical'), alert(2, 'info'), cleared(1), cleared(2), { ...cleared(1), withdrawn: true }]);
  assert.deepEqual(state.open.alerts.map((one) => [one.alert, one.cleared.withdrawn]), [[2, false], [1, true]]);
});

test('the list knows the gravest alert that is not cleared', () => {
  let state = reduce(empty(), started());
  state = play([alert(1, 'warning'), alert(2, 'critical')], state);
  assert.equal(gravest(state.heads.get('c1')), 'critical');
  state = play([cleared(2)], state);
  assert.equal(gravest(state.heads.get('c1')), 'warning');
  assert.equal(gravest(play([cleared(1)], state).heads.get('c1')), null);
});

test('a ticket that is written stays written', () => {
  const state = play([event('crm_written', { ticket_id: 'T-1' }), event('crm_failed', { retrying: true, reason: 'late' })]);
  assert.equal(state.open.crm.ticket_id, 'T-1');
});

test('a note that is to be written again says so until it was tried', () => {
  const dead = event('crm_failed', { retrying: false, reason: 'subject too long', attempts: 1 });
  const asked = retried(play([dead]), true);
  assert.deepEqual([asked.open.crm.asked, asked.open.crm.reason], [true, 'subject too long']);
  assert.equal(retried(asked, false).open.crm.asked, false);
  assert.equal(play([{ ...dead, seq: ++seq }], asked).open.crm.asked, undefined, 'refused once more');
  const written = play([event('crm_written', { ticket_id: 'T-1' })]);
  assert.equal(retried(written, true).open.crm, written.open.crm);
});

test('events told while a call loads are neither lost nor applied twice', () => {
  let state = opening(empty(), 'c1');
  const [old, both, fresh] = [final(1, 'one', { start_ms: 1 }), event('dtmf', { key: '5', start_ms: 2 }), event('dtmf', { key: '6', start_ms: 3 })];
  state = play([both, fresh], state);
  state = opened(state, { call_id: 'c1', ended: false, events: [old, both] });
  assert.deepEqual(state.open.items.map((item) => item.text ?? item.keys), ['one', '56']);
  assert.deepEqual(reduce(state, both).open.items, state.open.items);
});

test('loading a call again keeps thumbs and alerts that were seen', () => {
  const events = [card('a', 1), alert(1, 'critical')];
  let state = acknowledged(voted(play(events), '1/a', true), 1, true);
  state = opened(opening(state, 'c1'), { call_id: 'c1', events });
  assert.equal(state.open.cards[0].vote, true);
  assert.equal(state.open.alerts[0].seen, true);
});

test('a page that is loaded anew knows the thumbs and seen alerts that the engine has kept', () => {
  const detail = { call_id: 'c1', events: [card('a', 1), card('b', 2), alert(1, 'critical'), alert(2, 'warning')],
    feedback: [{ utterance: 1, article_id: 'a', useful: false }], acknowledged: [1] };
  const { open } = opened(opening(empty(), 'c1'), detail);
  assert.deepEqual(open.cards.map((one) => one.vote), [undefined, false]);
  assert.deepEqual(open.alerts.map((one) => one.seen), [true, false]);
  const changed = opened(opening(acknowledged(voted(play([], { ...empty(), open }), '1/a', true), 1, false), 'c1'), detail).open;
  assert.equal(changed.cards[1].vote, true);
  assert.equal(changed.alerts[0].seen, false);
});

test('a reading of a voice becomes a point of its curve', () => {
  const state = play([emotion('customer', 3000, 0.2, 'neutral'), emotion('customer', 6000, 0.6)]);
  assert.deepEqual(state.open.points, [{ role: 'customer', at: 3000, strain: 0.2, mood: 'neutral' }, { role: 'customer', at: 6000, strain: 0.6, mood: 'anger' }]);
});

test('the curve of a summary takes the place of what was heard, unless it has none', () => {
  const readings = [emotion('customer', 3000, 0.2), emotion('customer', 6000, 0.6)];
  const mood = [{ role: 'customer', at_ms: 6000, strain: 0.6, mood: 'anger' }];
  assert.deepEqual(play([...readings, event('summary', { mood })]).open.points, [{ role: 'customer', at: 6000, strain: 0.6, mood: 'anger' }]);
  assert.equal(play([...readings, event('summary', { mood: [] })]).open.points.length, 2);
  assert.equal(play([...readings, event('summary')]).open.points.length, 2);
});

test('the list of calls tells the name that was found before the page was there', () => {
  const state = synced(empty(), [{ call_id: 'c1', opened_ms: 1, customer: 'Ann' }, { call_id: 'c2', opened_ms: 2, customer: null }], 0, 9);
  assert.equal(state.heads.get('c1').name, 'Ann');
  assert.equal(state.heads.get('c2').name, '');
});

test('an answer for a call that is not looked at any more is dropped', () => {
  const state = opening(opening(empty(), 'c1'), 'c2');
  assert.equal(opened(state, { call_id: 'c1', events: [] }), state);
  assert.equal(failed(state, 'c1', 'missing'), state);
  assert.equal(failed(state, 'c2', 'missing').open.failed, 'missing');
});

test('a call that is gone from the engine has ended, unless it is newer than the list', () => {
  let state = play([started()], empty());
  const asked = state.heard;
  state = play([started({ call_id: 'c2' })], state);
  state = synced(state, [{ call_id: 'c3', opened_ms: 5 }], asked, 99);
  assert.equal(state.heads.get('c1').ended_ms, 99);
  assert.equal(state.heads.get('c2').ended_ms, 0);
  assert.equal(state.heads.get('c3').opened_ms, 5);
});

test('critical calls stand first, then the newest; agent and filter narrow them down', () => {
  const calls = ['x', 'y', 'z'].map((call_id, i) => started({ call_id, agent_id: call_id === 'z' ? 'a2' : 'a1', wall_time_ms: i }));
  const state = play([...calls, alert(1, 'critical', { call_id: 'x' })], empty());
  const ids = (agent, filter) => liveHeads(state, agent, filter).live.map((head) => head.call_id);
  assert.deepEqual(ids('', ''), ['x', 'z', 'y']);
  assert.deepEqual(ids('a1', ''), ['x', 'y']);
  assert.deepEqual(ids('', ' A2 '), ['z']);
});

test('however long a day is, what is kept has a bound', () => {
  let state = play(Array.from({ length: LIMITS.items + 50 }, (_, i) => final(i, `${i}`, { start_ms: i })));
  assert.equal(state.open.items.length, LIMITS.items);
  assert.equal(state.open.left_out, 50);
  state = play(Array.from({ length: LIMITS.points + 50 }, (_, i) => emotion(i % 2 ? 'agent' : 'customer', i * 1000, 0.5)), state);
  assert.equal(state.open.points.length, LIMITS.points);
  state = play(Array.from({ length: LIMITS.live + 200 }, (_, i) => started({ call_id: `n${i}` })), state);
  assert.equal(state.heads.size, LIMITS.live);
  state = play([...state.heads.keys()].map((call_id) => event('call_ended', { call_id })), state);
  assert.equal(state.heads.size, LIMITS.ended);
});

test('other calls and kinds of later versions leave the open call alone', () => {
  const state = play([final(1, 'Hello.')]);
  assert.equal(play([final(1, 'x', { call_id: 'c9' }), event('mood'), { kind: 'lagged', events_missed: 1 }], state).open, state.open);
});

test('a call without sound is told from a healthy one in the list', () => {
  const head = (state) => state.heads.get('c1');
  const of = (...events) => soundless(head(events.reduce(reduce, empty())));
  const none = (role, more) => event('no_media', { role, waited_ms: 5000, ...more });
  const speaks = (role) => event('speech_begin', { role, utterance: 1 });
  assert.equal(of(started()), null);
  assert.equal(of(started(), none('customer')), 'silent');
  assert.equal(of(started(), none('customer'), speaks('agent')), 'silent');
  assert.equal(of(started(), none('customer'), speaks('customer')), null);
  assert.equal(of(started(), event('call_ended', { reason: 'media_timeout' })), 'unheard');
  assert.equal(of(started(), speaks('agent'), event('call_ended', { reason: 'closed' })), null);
});

test('of two agents the one without sound is told, and what comes instead of it', () => {
  const none = (party, more) => event('no_media', { role: 'agent', party, waited_ms: 5000, ...more });
  const speaks = (party) => event('speech_begin', { role: 'agent', party, utterance: 1 });
  const silent = (...events) => [started(), ...events].reduce(reduce, empty()).heads.get('c1').silent;
  const nine = { role: 'agent', party: 'agent-9', payload_type: undefined };
  assert.deepEqual(silent(none('agent-9'), speaks('agent-7')), [nine]);
  assert.deepEqual(silent(none('agent-9'), none('agent-9', { payload_type: 96 })), [{ ...nine, payload_type: 96 }]);
  assert.deepEqual(silent(none('agent-9'), speaks('agent-9')), []);
  assert.deepEqual(silent(none('agent-9'), event('party_left', { role: 'agent', party: 'agent-9' })), []);
  const state = play([started(), none('agent-9'), none('agent-7', { payload_type: 96 })]);
  assert.deepEqual(state.open.items.map((item) => [item.party, item.payload_type]), [['agent-9', undefined], ['agent-7', 96]]);
});

test('a page that comes later learns from the list which calls have no sound', () => {
  const state = synced(empty(), [{ call_id: 'c1', silent: [{ role: 'customer' }] }, { call_id: 'c2', silent: [] }], 0, 1);
  assert.deepEqual(['c1', 'c2'].map((id) => soundless(state.heads.get(id))), ['silent', null]);
});

test('numbers of one run of the engine say nothing about another', () => {
  const of = (run, seq, one) => ({ ...one, id: `${run}-${seq}`, seq });
  const stored = [of('0a', 40, final(1, 'Before the restart.'))];
  let state = opening(empty(), 'c1');
  state = reduce(state, of('0b', 3, final(2, 'After it, while the call was loaded.')));
  state = opened(state, { call_id: 'c1', events: stored });
  state = reduce(state, of('0b', 4, final(3, 'And later.')));
  assert.deepEqual(texts(state), ['Before the restart.', 'After it, while the call was loaded.', 'And later.']);
  state = reduce(state, of('0a', 39, final(4, 'Stored already.')));
  assert.equal(state.open.items.length, 3);
});

test('what is missing after a restart is known from the list, whatever the numbers are', () => {
  let state = play([started({ seq: 5000, id: '0a-5000' })], empty());
  const asked = state.heard;
  state = synced(play([started({ call_id: 'c2', seq: 1, id: '0b-1' })], state), [], asked, 99);
  assert.equal(state.heads.get('c1').ended_ms, 99);
  assert.equal(state.heads.get('c2').ended_ms, 0);
});

test('words that were heard again replace those heard live, also where none were', () => {
  const revised = (utterance, text, live) => ({ ...final(utterance, text), kind: 'revised', live });
  const late = partial(1, '', 'I was');
  const state = play([started(), final(1, 'I was charged wife.'), event('retracted', { role: 'customer', utterance: 2 }),
    revised(1, 'I was charged twice.', 'I was charged wife.'), revised(2, 'Yes.', ''), late]);
  assert.deepEqual(state.open.items.map((item) => [item.text, item.live]), [['I was charged twice.', 'I was charged wife.'], ['Yes.', '']]);
  assert.ok(state.open.items.every((item) => item.final && !item.retracted));
});

test('voice without words is counted until the words are revised', () => {
  const holes = (events) => play([started(), ...events]).open.items.map((item) => item.holes);
  const part = { ...final(1, 'I was'), unrecognised: [{ start_ms: 1600, end_ms: 4000 }] };
  assert.deepEqual(holes([part]), [1]);
  assert.deepEqual(holes([part, { ...final(1, 'I was charged twice.'), kind: 'revised', live: 'I was', by: 'agent-7' }]), [0]);
});

test('words that may well be wrong are found in the text, where numbers have become figures', () => {
  const said = (...words) => words.map((word) => ({ word: word.replace('?', ''), doubtful: word.endsWith('?') }));
  const of = (text, words, numbers) => doubtfulRanges({ text, words, numbers });
  assert.deepEqual(of('I was charged right on it.', said('I', 'was', 'charged', 'right?', 'on', 'it.')), [[14, 19]]);
  const number = { text: '$25', start_word: 1, end_word: 4 };
  assert.deepEqual(of('was $25 now', said('was', 'twenty', 'five?', 'dollars', 'now?'), [number]), [[4, 7], [8, 11]]);
  assert.deepEqual(of('我要退款', said('我', '要', '退?', '款?')), [[2, 3], [3, 4]]);
  assert.deepEqual(of('as before', undefined, undefined), []);
});
