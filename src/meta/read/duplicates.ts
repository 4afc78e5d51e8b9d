const most = 100;

/**
 * The paths of keys that a JSON text gives more than once in one object (`spec.replicas`, `spec.containers[0].name`).
 * The text is known to be valid JSON: this walks its tokens alone, since JSON.parse keeps the last value silently.
 */
export function duplicateKeys(text: string): string[] {
  const found = new Set<string>();
  type Level = { keys: Set<string> | undefined; key: string; index: number };
  const levels: Level[] = [];
  const pathOf = (key: string): string => {
    let path = '';
    for (const level of levels.slice(0, -1)) path += level.keys ? `${path ? '.' : ''}${level.key}` : `[${level.index}]`;
    return path ? `${path}.${key}` : key;
  };
  let i = 0;
  while (i < text.length) {
    const c = text[i];
    const top = levels.at(-1);
    if (c === '{') levels.push({ keys: new Set(), key: '', index: 0 });
    else if (c === '[') levels.push({ keys: undefined, key: '', index: 0 });
    else if (c === '}' || c === ']') levels.pop();
    else if (c === ',' && top && !top.keys) top.index += 1;
    else if (c === '"') {
      const end = endOfString(text, i);
      if (top?.keys && isKey(text, end + 1)) {
        const quoted = text.slice(i, end + 1);
        top.key = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1);
        if (top.keys.has(top.key)) {
          found.add(pathOf(top.key));
          // More than anybody reads.
          if (found.size >= most) return [...found];
        }
        top.keys.add(top.key);
        i = text.indexOf(':', end);
      } else i = end;
    }
    i += 1;
  }
  return [...found];
}

/** Where the string that begins at `start` has its closing quote: the next one before which backslashes are even in number. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    let before = end - 1;
    while (text[before] === '\\') before--;
    if ((end - before) % 2 === 1) return end;
  }
}

/** Only white space stands before a colon. */
function isKey(text: string, from: number): boolean {
  let at = from;
  while (text.charCodeAt(at) <= 32) at++;
  return text[at] === ':';
}
