import assert from 'node:assert/strict';
import test from 'node:test';

import { fromLines, toLines } from '../state/record.js';

test('preferences are lines of a name and a value, and read back', () => {
  const all = { language: 'English', '最佳时间': '上午', 'best time': '9:30' };
  assert.deepEqual(fromLines(toLines(all).join('\n')), all);
  assert.deepEqual(fromLines(' 语言：中文 \n\nno calls\nempty:\n'), { '语言': '中文', 'no calls': 'yes' });
});
