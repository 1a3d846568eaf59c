// node --test engine/server/desk/tests/

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { sayNow } from '../state/now.js';

const alert = (number, severity, fields) => ({ alert: number, severity, situation: number, start_ms: number, script: 'say it', ...fields });
const card = (article_id, fields) => ({ article_id, utterance: 1, say: 'say this', ...fields });
const call = (fields) => ({ ended: false, alerts: [], cards: [], done: [], ...fields });
const keys = (list) => list.map((one) => one.alert ?? one.article_id);

test('the gravest alert that nobody has dealt with is what to say, and nothing else is', () => {
  const { now, alerts, cards } = sayNow(call({ alerts: [alert(1, 'warning'), alert(2, 'critical'), alert(3, 'critical', { seen: true })], cards: [card('a')] }));
  assert.equal(now.alert.alert, 2);
  assert.deepEqual(keys(alerts).sort(), [1, 3]);
  assert.deepEqual(keys(cards), ['a']);
});

test('of two as grave the newer one speaks', () => {
  assert.equal(sayNow(call({ alerts: [alert(1, 'critical'), alert(2, 'critical')] })).now.alert.alert, 2);
});

test('a note without words to say waits below a card that has some', () => {
  const { now, alerts } = sayNow(call({ alerts: [alert(1, 'info', { script: '' })], cards: [card('old'), card('older')] }));
  assert.equal(now.card.article_id, 'old');
  assert.deepEqual(keys(alerts), [1]);
});

test('a card that was of no use, or is dealt with, makes room for the one before', () => {
  const cards = [card('useless', { vote: false }), card('done'), card('left')];
  assert.equal(sayNow(call({ cards, done: ['1/done'] })).now.card.article_id, 'left');
});

test('what a supervisor has written comes before all else, one line after the other, for the agent alone', () => {
  const message = (number, read = null) => ({ message: number, text: 'Offer the refund', by: 'sue', read });
  const written = call({ alerts: [alert(1, 'critical')], messages: [message(1, { by: 'ann' }), message(2), message(3)] });
  assert.equal(sayNow(written).now.message.message, 2);
  assert.deepEqual(keys(sayNow(written).alerts), [1], 'the alert waits below');
  assert.equal(sayNow(written, false).now.alert.alert, 1, 'whoever looks after the call has written it');
  assert.equal(sayNow({ ...written, ended: true }).now, null);
});

test('after the call there is nothing to say', () => {
  const { now, alerts } = sayNow(call({ ended: true, alerts: [alert(1, 'critical')] }));
  assert.equal(now, null);
  assert.deepEqual(keys(alerts), [1]);
});
