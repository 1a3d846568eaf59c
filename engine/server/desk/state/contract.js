// What a page that frames the desk and the desk say to each other. No DOM: see tests/contract.test.mjs, and docs/EMBED.md.

export const VERSION = 1;

const number = (phone) => phone?.e164 ?? phone?.given ?? '';

/** What an event says to the framing page; `null` where it says nothing to it. */
export function told(event) {
  const { call_id } = event;
  switch (event.kind) {
    case 'call_started': return { type: 'call_started', call_id, caller: number(event.caller), callee: number(event.callee), direction: event.direction };
    case 'customer_identified': return event.candidates?.length ? null : { type: 'customer', call_id, customer_id: event.customer_id, name: event.name, phone: event.phone };
    case 'suggestion': return { type: 'suggestion', call_id, article_id: event.article_id, title: event.title };
    case 'alert_raised': return event.folded ? null : { type: 'alert', call_id, severity: event.severity, rule: event.rule, message: event.message };
    case 'call_ended': return { type: 'call_ended', call_id, reason: event.reason };
    case 'crm_written': return { type: 'note_written', call_id, ticket_id: event.ticket_id };
    default: return null;
  }
}

/** What the framing page may ask for, and the text that each needs. */
const ASKED = { hello: 'language', show_call: 'call_id', show_customer: 'customer_id', focus: null };

/** Reads what the framing page says: `{ type, value }`, or `{ error }` that it is told. What is not meant for the desk is `null`. */
export function read(data) {
  if (typeof data !== 'object' || data === null || !('sidetone' in data)) return null;
  if (data.sidetone !== VERSION) return { error: `this desk speaks version ${VERSION} of the contract` };
  if (!Object.hasOwn(ASKED, data.type)) return { error: `there is no message \`${String(data.type).slice(0, 40)}\`: ${Object.keys(ASKED).join(', ')}` };
  const field = ASKED[data.type];
  const value = field && data[field];
  if (field && (typeof value !== 'string' || value === '' || value.length > 256)) return { error: `\`${data.type}\` needs \`${field}\`, a text of at most 256 characters` };
  return { type: data.type, value };
}
