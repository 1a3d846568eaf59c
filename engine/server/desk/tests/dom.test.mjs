// node --test engine/server/desk/tests/

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { h, plain } from '../shell/dom.js';

test('a name does not turn the text around it, nor hide a part of itself', () => {
  for (const [said, shown] of [
    ['Müller 退款 👩\u200d💻 می\u200cخواهم', 'Müller 退款 👩\u200d💻 می\u200cخواهم'],
    ['ann\u202e(resivrepus)', 'ann\ufffd(resivrepus)'],
    ['a\u0000b\u001b[2J\u009bc\u2028d\u2066e\u200f', 'a\ufffdb\ufffd[2J\ufffdc\ufffdd\ufffde\ufffd'],
    ['ann\u200b\ufeff\u{e0041}', 'ann\ufffd\ufffd\ufffd'],
    ['two\n\tlines', 'two\n\tlines'],
    [7, 7],
  ]) {
    assert.equal(plain(said), shown);
    assert.equal(Array.from(String(plain(said))).length, Array.from(String(said)).length);
  }
});

test('what others have said becomes text, in elements and in their attributes, and never markup', () => {
  const built = { attributes: {}, children: [] };
  globalThis.document = {
    createElement: () => ({
      setAttribute: (name, value) => (built.attributes[name] = value),
      append: (...children) => built.children.push(...children),
    }),
  };
  h('p', { title: '"><script>\u202e' }, '<img src=x onerror=alert(1)>', ['a\u202eb', null, '']);
  delete globalThis.document;
  assert.deepEqual(built.attributes, { title: '"><script>\ufffd' });
  assert.deepEqual(built.children, ['<img src=x onerror=alert(1)>', 'a\ufffdb']);
});
