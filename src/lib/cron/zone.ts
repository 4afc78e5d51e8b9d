import type { Milliseconds } from '../clock.ts';

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    const digits = { year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' } as const;
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', era: 'short', ...digits });
    formats.set(zone, format);
  }
  return format;
}

/** A name of the IANA database. Offsets such as +01:00 are none. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][A-Za-z0-9_+\-/]*$/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch (error) {
    // What Intl does not know, it refuses with a RangeError.
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** What the clocks of a zone show at a moment, as if it were UTC. */
export function wallClock(at: Milliseconds, zone: string): Milliseconds {
  if (zone === 'UTC') return at;
  const part: Record<string, number> = {};
  for (const { type, value } of formatOf(zone).formatToParts(at)) part[type] = Number(value);
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = part;
  return Date.UTC(year, month - 1, day, hour, minute, second) + (((at % 1000) + 1000) % 1000);
}

/** The moments at which the clocks of a zone show `wall`: none when it is skipped, two when it comes twice. In order. */
export function momentsOf(wall: Milliseconds, zone: string): Milliseconds[] {
  if (zone === 'UTC') return [wall];
  const day = 86_400_000;
  // No offset is larger than a day: it is that of the day before, or of the day after.
  const offsets = new Set([wall - day, wall + day].map((at) => wallClock(at, zone) - at));
  return [...offsets]
    .map((offset) => wall - offset)
    .filter((at) => wallClock(at, zone) === wall)
    .sort((a, b) => a - b);
}
