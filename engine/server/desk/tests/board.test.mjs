// node --test engine/server/desk/tests/

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KEPT_MS, asSet, extremes, fromShown, merged, newId, nothing, raisedOf, toShown, turned, unitOf, windowOf, withThreshold } from '../state/board.js';
import EN from '../shell/words/en.js';
import ZH from '../shell/words/zh.js';
import { GROUPS } from '../board/groups.js';

const view = (times, values, rest = {}) => ({ times_ms: times, step_ms: 10000, revision: 1, thresholds: [],
  figures: [{ figure: 'calls_open', unit: 'count', value: values.at(-1), usual: null, values }], ...rest });

test('samples that come later follow those that are known, and old ones go', () => {
  let known = merged(nothing(), view([1000, 2000], [1, null]));
  known = merged(known, view([3000], [3]));
  assert.deepEqual(known.times, [1000, 2000, 3000]);
  assert.deepEqual(known.values.calls_open, [1, null, 3]);
  known = merged(known, view([], []));
  assert.deepEqual(known.times, [1000, 2000, 3000]);
  known = merged(known, view([2000 + KEPT_MS], [9]));
  assert.deepEqual(known.times, [3000, 2000 + KEPT_MS]);
  assert.deepEqual(known.values.calls_open, [3, 9]);
});

test('an engine that begins again begins again here', () => {
  const known = merged(nothing(), view([5000, 6000], [1, 2]));
  assert.deepEqual(merged(known, view([4000], [7])).values.calls_open, [7]);
});

test('a window shows the last samples, and what they say in a few words', () => {
  const known = merged(nothing(), view([1000, 61000, 62000], [5, null, 2]));
  assert.deepEqual(windowOf(known, 'calls_open', 60000), [[61, 62], [null, 2]]);
  assert.deepEqual(windowOf(nothing(), 'calls_open', 60000), [[], []]);
  assert.deepEqual(extremes([null, 3, 1, null]), { lowest: 1, highest: 3, last: 1 });
  assert.equal(extremes([null]), null);
});

test('shares are read and written in per cent, and go back as they came', () => {
  for (const [value, unit, measure, shown] of [[0.07, 'ratio', 'value', 7], [0.001, 'ratio', 'change_per_hour', 0.1], [1.5, 'seconds', 'value', 1.5], [80, 'ratio', 'percent_of_usual', 80]]) {
    assert.equal(toShown(value, unit, measure), shown);
    assert.equal(fromShown(shown, unit, measure), value);
  }
  assert.equal(unitOf('ratio', 'value'), 'percent');
  assert.equal(unitOf('count', 'percent_of_usual'), 'percent_of_usual');
});

test('what is raised is known from the engine and from what turns since', () => {
  const one = { id: 'a', name: 'A', figure: 'calls_open' };
  const raised = raisedOf([{ ...one, standing: 'easing' }, { ...one, id: 'b', standing: 'watched' }]);
  assert.deepEqual([...raised.keys()], ['a']);
  const more = turned(raised, { kind: 'threshold_raised', threshold: 'b', name: '', figure: 'calls_open' });
  assert.deepEqual([...more.keys()], ['a', 'b']);
  assert.deepEqual([...turned(more, { kind: 'threshold_cleared', threshold: 'a' }).keys()], ['b']);
});

test('a threshold goes to the engine without where it stands, under an id of its own', () => {
  const shown = { id: 'calls_open-1', name: '', figure: 'calls_open', measure: 'value', side: 'above', limit: 3, for_s: 0, back_for_s: 0, standing: 'calm', measured: 2 };
  const set = asSet(shown);
  assert.ok(!('standing' in set) && !('measured' in set) && !('back' in set));
  assert.equal(newId('calls_open', [shown]), 'calls_open-2');
  assert.equal(withThreshold([shown], { ...shown, limit: 4 })[0].limit, 4);
  assert.equal(withThreshold([shown], { ...shown, id: 'b' }).length, 2);
});

test('each figure has a place and words in both languages', () => {
  for (const words of [EN, ZH]) {
    for (const { name, figures } of GROUPS) {
      assert.ok(words[name], name);
      for (const figure of figures) assert.ok(words[`figure_${figure}`], figure);
    }
  }
});
