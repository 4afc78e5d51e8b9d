import { type FieldError, notSupported } from '../meta/field-error.ts';
import { type Field, isScalar, messageOf, singles } from '../meta/schema/schema.ts';

/** Values outside the closed sets that the facts file names, anywhere in the object. */
export function enumFaults(messageName: string, value: unknown, path = ''): FieldError[] {
  const message = messageOf(messageName);
  if (!message || typeof value !== 'object' || value === null) return [];
  const faults: FieldError[] = [];
  for (const [key, inner] of Object.entries(value)) {
    const field = message.fields.get(key);
    if (!field || (!field.enum && !holdsMessages(field))) continue;
    const here = path ? `${path}.${key}` : key;
    const items: Array<[string, unknown]> =
      field.list && Array.isArray(inner) ? inner.map((it, i) => [`${here}[${i}]`, it]) : [[here, inner]];
    for (const [at, item] of items) {
      if (field.enum && typeof item === 'string' && item !== '' && !field.enum.includes(item)) {
        faults.push(notSupported(at, item, [...field.enum].sort()));
      } else if (holdsMessages(field)) faults.push(...enumFaults(field.type, item, at));
    }
  }
  return faults;
}

const holdsMessages = ({ map, type }: Field): boolean => !map && !isScalar(type) && !singles[type];
