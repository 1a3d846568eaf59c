// What a person makes of a call's note before the CRM has it. No DOM: see tests/note.test.mjs.

/** Where a note may still be changed: before it was tried, and where the CRM did not take it. */
export const isOpen = (note) => ['review', 'waiting', 'dead'].includes(note?.state);

/** Whether the CRM has the ticket, and with it all but the follow-ups, or may have it. */
export const hasTicket = (note) => note.written.some((one) => one.step === 'ticket');

/** Whether the CRM has a follow-up, or may have it. */
export const hasTask = (note, index) => note.written.some((one) => one.step === `task/${index}`);

/** The parts of a note as a form has them. */
export const draftOf = ({ summary }) => ({
  reason: summary.reason,
  disposition: summary.disposition ?? '',
  urgent: summary.urgent,
  actions: summary.actions.join('\n'),
  promises: summary.promises.map((promise) => ({ ...promise, due: promise.due ?? '' })),
  follow_ups: summary.follow_ups.map((task) => ({ ...task, due: task.due ?? '', due_time: task.due_time ?? '' })),
  keywords: summary.keywords.join(', '),
  memo: summary.memo ?? '',
});

/** Fields grow with what is typed, and hold one line all the same. */
const line = (text) => text.replace(/\s+/g, ' ').trim();
const lines = (text, by) => text.split(by).map(line).filter(Boolean);

/** What a draft asks the engine for. Empty lines are dropped; what the CRM has stays as it was. */
export function review(note, draft, confirm) {
  const tasks = draft.follow_ups
    .map((task, i) => (hasTask(note, i) ? note.summary.follow_ups[i] : { ...task, title: line(task.title), due: task.due || null, due_time: task.due_time || null }))
    .filter((task) => task.title);
  const order = { revision: note.revision, confirm, follow_ups: tasks };
  if (hasTicket(note)) return order;
  const promises = draft.promises.map((promise) => ({ ...promise, text: line(promise.text), due: promise.due || null })).filter((promise) => promise.text);
  return { ...order, reason: line(draft.reason), disposition: draft.disposition, urgent: draft.urgent, promises,
    actions: lines(draft.actions, '\n'), keywords: lines(draft.keywords, /[,，、]/), memo: draft.memo.trimEnd() };
}
