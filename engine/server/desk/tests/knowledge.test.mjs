import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as drafts from '../state/draft.js';
import { excerpt, lineDiff } from '../state/diff.js';
import { blocks, inline } from '../state/markdown.js';

test('an article is steps and paragraphs, with what is strong and what is code', () => {
  const [list, paragraph] = blocks('1. Open **Payments** and *look*.\n2. Choose `refund`:\n   - whole\n   - part\n\nCall back.\nSoon.');
  assert.equal(list.kind, 'list');
  assert.deepEqual([list.ordered, list.start, list.items.length], [true, 1, 2]);
  assert.deepEqual(list.items[0][0].parts, ['Open ', { kind: 'strong', parts: ['Payments'] }, ' and ', { kind: 'emphasis', parts: ['look'] }, '.']);
  assert.equal(list.items[1][1].items.length, 2);
  assert.deepEqual(paragraph, { kind: 'paragraph', parts: ['Call back.\nSoon.'] });
});

test('a list may begin elsewhere and goes on behind an empty line', () => {
  const [list] = blocks('3. a\n\n4. b\n');
  assert.deepEqual([list.start, list.items.length], [3, 2]);
  assert.deepEqual(blocks('- a\n1. b').map((one) => one.ordered), [false, true]);
});

test('headings, quotes, code and rules are known', () => {
  const kinds = blocks('## What\n> said\n> so\n\n```\n**no** mark\n```\n---\nend').map((one) => one.kind);
  assert.deepEqual(kinds, ['heading', 'quote', 'code', 'rule', 'paragraph']);
  assert.equal(blocks('```\n**no** mark')[0].text, '**no** mark');
});

test('only addresses of the web become links, and markup stays text', () => {
  assert.deepEqual(inline('[here](https://example.org/a)'), [{ kind: 'link', to: 'https://example.org/a', parts: ['here'] }]);
  for (const text of ['[here](javascript:alert(1))', '[x](data:text/html,y)', '<img src=x onerror=y>', 'a * b * c', 'snake_case_name', '2 ** 3']) {
    assert.deepEqual(inline(text), [text]);
  }
  assert.deepEqual(inline('\\*not\\*'), ['*not*']);
});

test('any text becomes something in little time', () => {
  for (const text of ['*'.repeat(3000), '['.repeat(3000), '`'.repeat(3000), '1. '.repeat(2000), '> '.repeat(500), '']) {
    const began = performance.now();
    blocks(text);
    assert.ok(performance.now() - began < 2000, text.slice(0, 5));
  }
});

test('lines that went and came stand in their order with their numbers', () => {
  const lines = lineDiff('a\nb\nc\nd\n', 'a\nc\nx\nd\n');
  assert.deepEqual(lines.map((line) => `${line.kind} ${line.text} ${line.before ?? '-'} ${line.after ?? '-'}`),
    ['same a 1 1', 'gone b 2 -', 'same c 3 2', 'new x - 3', 'same d 4 4']);
  assert.deepEqual(lineDiff('', 'a').map((line) => line.kind), ['new']);
  assert.deepEqual(lineDiff('a\n', '').map((line) => line.kind), ['gone']);
  assert.deepEqual(lineDiff('a\nb', 'a\nb\n').map((line) => line.kind), ['same', 'same']);
});

test('an excerpt leaves out what is far from any change', () => {
  const before = Array.from({ length: 20 }, (_, at) => `line ${at}`).join('\n');
  const shown = excerpt(lineDiff(before, before.replace('line 10', 'other')), 1);
  assert.deepEqual(shown.map((line) => line?.text ?? '…'), ['…', 'line 9', 'line 10', 'other', 'line 11', '…']);
});

test('a draft is ready once what it says now was looked at without an error', () => {
  const file = { kind: 'articles', name: 'a.md', text: 'one\n', digest: 'd1', is_own: true, problems: [], article: null };
  let draft = drafts.read(file);
  assert.ok(!drafts.isChanged(draft) && !drafts.isReady(draft));
  draft = drafts.typed(draft, 'two\n');
  assert.ok(drafts.isChanged(draft) && !drafts.isReady(draft), 'nobody has looked yet');
  const late = drafts.checked(draft, 'tw', { problems: [], article: null });
  assert.equal(late, draft, 'what was said of another text');
  draft = drafts.checked(draft, 'two\n', { problems: [{ line: 1, message: 'no', is_error: true }], article: null });
  assert.ok(!drafts.isReady(draft));
  draft = drafts.checked(draft, 'two\n', { problems: [{ line: 1, message: 'odd', is_error: false }], article: null });
  assert.ok(drafts.isReady(draft), 'a warning keeps nobody back');
  const meanwhile = drafts.published(drafts.typed(draft, 'three\n'), 'two\n', { digest: 'd2', problems: [] });
  assert.ok(drafts.isChanged(meanwhile) && meanwhile.base === 'two\n', 'what was typed meanwhile');
  draft = drafts.published(draft, 'two\n', { digest: 'd2', problems: [] });
  assert.ok(!drafts.isChanged(draft) && draft.digest === 'd2');
  draft = drafts.overtaken(drafts.typed(draft, 'mine'), 'theirs', 'd3');
  assert.deepEqual([draft.text, draft.base, draft.digest], ['mine', 'theirs', 'd3']);
  assert.ok(!drafts.isChanged(drafts.read({ ...file, is_own: false })));
});

test('a line is found in a text by its number', () => {
  const text = 'ab\n\ncde\n';
  assert.deepEqual([1, 2, 3, 9].map((line) => text.slice(...drafts.lineAt(text, line))), ['ab', '', 'cde', '']);
});

test('an entry that turns a rule off stands behind the others', () => {
  assert.equal(drafts.withOff('', 'churn'), '[[rule]]\nname = "churn"\noff = true\n');
  assert.equal(drafts.withOff('lang = "en"\n\n', 'a "b"'), 'lang = "en"\n\n[[rule]]\nname = "a \\"b\\""\noff = true\n');
});
