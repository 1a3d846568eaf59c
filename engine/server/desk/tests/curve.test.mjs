// node --test engine/server/desk/tests/

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { apart, layOut, withPoint } from '../state/curve.js';

const point = (role, at, strain) => ({ role, at, strain, mood: 'neutral' });
const grown = (points, limit) => points.reduce((all, one) => withPoint(all, one, limit), []);

test('a long call keeps its ends and its one outburst, however few points there may be', () => {
  const strain = (i) => (i === 700 ? 0.9 : 0.2 + (i % 7) / 100);
  const points = grown(Array.from({ length: 2000 }, (_, i) => point('customer', i * 3000, strain(i))), 50);
  assert.equal(points.length, 50);
  assert.deepEqual([points[0].at, points.at(-1).at], [0, 1999 * 3000]);
  assert.equal(Math.max(...points.map((one) => one.strain)), 0.9);
});

test('points give way within their own voice', () => {
  const points = grown([point('agent', 0, 0.1), point('customer', 1, 0.9), point('agent', 2, 0.1), point('customer', 3, 0.2), point('agent', 4, 0.1)], 4);
  assert.deepEqual(points.map((one) => [one.role, one.at]), [['agent', 0], ['customer', 1], ['customer', 3], ['agent', 4]]);
});

test('a curve lies between the start of the call and the last thing heard', () => {
  const alerts = [{ severity: 'warning', start_ms: 8000, end_ms: 10000 }];
  const { lines, marks, end } = layOut([point('agent', 2000, 0.5), point('customer', 5000, 1), point('customer', 7500, 0)], alerts);
  assert.equal(end, 10000);
  assert.deepEqual(lines.map((line) => [line.role, line.places]), [['customer', [[50, 0], [75, 100]]], ['agent', [[20, 50]]]]);
  assert.deepEqual([lines[0].last.strain, lines[0].highest.strain], [0, 1]);
  assert.deepEqual(marks, [{ severity: 'warning', from: 80, to: 100 }]);
});

test('two labels do not stand on each other, nor leave the chart', () => {
  for (const [heights, expected] of [[[40], [40]], [[10, 60], [10, 60]], [[50, 52], [41, 61]], [[52, 50], [61, 41]], [[0, 4], [0, 20]], [[98, 100], [80, 100]]]) {
    assert.deepEqual(apart(heights, 20), expected, `${heights}`);
  }
});
