// Days as forms have them.

/** The beginning of a day, `days` later, in milliseconds since 1970, where the reader is. */
export function midnight(text, days) {
  const [year, month, day] = text.split('-').map(Number);
  return new Date(year, month - 1, day + days).getTime();
}
