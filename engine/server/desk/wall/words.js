// What the wall says of a call, for people.

import { day, percent, t } from '../shell/i18n.js';

/** `12 min`, and `1 h 5 min`. */
export function minutes(ms) {
  const whole = Math.max(0, Math.floor(ms / 60_000));
  if (whole === 0) return t('under_a_minute');
  return whole < 60 ? t('minutes', { n: whole }) : t('hours', { h: Math.floor(whole / 60), n: whole % 60 });
}

/** So long in steps that do not change each second. */
const roughly = (ms) => (ms < 60_000 ? t('some_seconds', { n: Math.floor(ms / 15_000) * 15 }) : minutes(ms));

/** Why a call is where it is, in a line. */
export function about(reason) {
  switch (reason.kind) {
    case 'critical':
    case 'warning': {
      const text = reason.seen ? t('why_seen', { message: reason.message }) : reason.message || t(reason.kind);
      return reason.more ? `${text} +${reason.more}` : text;
    }
    case 'mute': return t('why_mute', { role: t(reason.role) });
    case 'strain': return t('why_strain', { n: percent(Math.round(reason.strain * 20) / 20) });
    case 'silence': return t(reason.held ? 'why_silence_held' : 'why_silence', { time: roughly(reason.quiet_ms) });
    case 'long': return t('why_long', { usual: minutes(reason.most_ms) });
    case 'repeat': return reason.times ? t(reason.times === 1 ? 'why_repeat_one' : 'why_repeat', { n: reason.times }) : t('why_contact', { day: day(reason.day) });
    default: return '';
  }
}
