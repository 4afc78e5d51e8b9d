import { Transform, type TransformCallback } from 'node:stream';

/** Where a page came from: links to there are led back through the API server. */
export type Source = {
  /** What the page's own links begin with here: /api/v1/namespaces/x/services/y/proxy. */
  prefix: string;
  /** host:port that was dialled. */
  host: string;
  /** The Host header of the request. */
  asked: string;
};

/** A link as it works for whoever came through the API server; links to elsewhere and relative ones stay (upstream: util/proxy, Transport). */
export function rewriteLink(link: string, { prefix, host, asked }: Source): string {
  const [, scheme = '', authority = '', path = '', rest = ''] =
    /^(?:([a-z][a-z0-9+.-]*:))?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/is.exec(link) ?? [];
  const isElsewhere = authority !== '' && authority !== host && authority !== asked;
  if (isElsewhere || !path.startsWith('/') || (scheme !== '' && authority === '')) return link;
  const site = authority !== '' && authority === asked ? `${scheme}//${authority}` : '';
  return `${site}${path.startsWith(prefix) ? path : `${prefix}${path}`}${rest}`;
}

/** Attributes that hold a link, by element (HTML 4.01 and living standard). */
const linksOf: Readonly<Record<string, readonly string[]>> = {
  ...{ a: ['href'], applet: ['codebase'], area: ['href'], audio: ['src'], base: ['href'], blockquote: ['cite'], body: ['background'] },
  ...{ button: ['formaction'], command: ['icon'], del: ['cite'], embed: ['src'], form: ['action'], frame: ['longdesc', 'src'] },
  ...{ head: ['profile'], html: ['manifest'], iframe: ['longdesc', 'src'], img: ['longdesc', 'src', 'usemap'] },
  ...{ input: ['src', 'usemap', 'formaction'], ins: ['cite'], link: ['href'], object: ['classid', 'codebase', 'data', 'usemap'] },
  ...{ q: ['cite'], script: ['src'], source: ['src'], video: ['poster', 'src'] },
};
/** What is inside these is text, whatever it looks like. */
const textOnly = ['script', 'style', 'textarea', 'title', 'xmp', 'noembed', 'noframes'];

/** A tag longer than this is passed on as it is. */
const longestTag = 64 * 1024;

const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&quot;': '"', '&#34;': '"', '&#39;': "'", '&lt;': '<', '&gt;': '>' };
const plain = (value: string): string => value.replace(/&(?:amp|quot|#34|#39|lt|gt);/g, (it) => entities[it] ?? it);
const quoted = (value: string): string => `"${value.replaceAll('&', '&amp;').replaceAll('"', '&quot;')}"`;

/** One tag with its links changed; everything else in it stays as it was written. */
function rewriteTag(tag: string, change: (link: string) => string): string {
  const name = /^<([a-z][a-z0-9]*)/i.exec(tag)?.[1]?.toLowerCase();
  const attributes = name === undefined ? undefined : linksOf[name];
  if (!attributes || name === undefined) return tag;
  const rest = tag.slice(name.length + 1);
  const changed = rest.replace(/([^\s"'>/=]+)(\s*=\s*)("[^"]*"|'[^']*'|[^\s"'>]+)/g, (all, key: string, equals: string, value: string) => {
    if (!attributes.includes(key.toLowerCase())) return all;
    const was = plain(/^["']/.test(value) ? value.slice(1, -1) : value);
    const link = change(was);
    return link === was ? all : `${key}${equals}${quoted(link)}`;
  });
  return `<${tag.slice(1, name.length + 1)}${changed}`;
}

/** Where a tag that begins at `from` ends: after the first `>` that is in no quotes; -1 when that has not come yet. */
function endOfTag(text: string, from: number): number {
  let quote = '';
  for (let i = from + 1; i < text.length; i++) {
    const it = text[i] as string;
    if (quote) quote = it === quote ? '' : quote;
    else if ((it === '"' || it === "'") && /=\s*$/.test(text.slice(Math.max(from, i - 8), i))) quote = it;
    else if (it === '>') return i + 1;
  }
  return -1;
}

/** Changes the links of a page while it passes. The bytes are taken one by one (latin1), so any encoding that is ASCII at heart comes through. */
export class LinkRewriter extends Transform {
  readonly #change: (link: string) => string;
  #held = '';
  /** What ends the text that is passed on unread: `-->`, `</script`. */
  #until: RegExp | undefined;

  constructor(source: Source) {
    super();
    this.#change = (link) => {
      const text = Buffer.from(link, 'latin1').toString();
      const next = rewriteLink(text, source);
      return next === text ? link : Buffer.from(next).toString('latin1');
    };
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: TransformCallback): void {
    this.#held += chunk.toString('latin1');
    const out = this.#take();
    done(null, Buffer.from(out, 'latin1'));
  }

  override _flush(done: TransformCallback): void {
    done(null, Buffer.from(this.#held, 'latin1'));
  }

  /** What can be passed on by now. */
  #take(): string {
    let out = '';
    const pass = (length: number, change: (text: string) => string = (it) => it): void => {
      out += change(this.#held.slice(0, length));
      this.#held = this.#held.slice(length);
    };
    for (;;) {
      if (this.#until) {
        const end = this.#held.search(this.#until);
        // The end itself may be cut in two.
        if (end < 0) {
          pass(Math.max(0, this.#held.length - 16));
          return out;
        }
        pass(end);
        this.#until = undefined;
        if (this.#held.startsWith('-->')) pass(3);
      }
      const start = this.#held.indexOf('<');
      if (start < 0) {
        pass(this.#held.length);
        return out;
      }
      pass(start);
      if (this.#held.length < 4) return out;
      if (this.#held.startsWith('<!--')) {
        pass(4);
        this.#until = /-->/;
        continue;
      }
      if (!/^<[a-z/!?]/i.test(this.#held)) {
        pass(1);
        continue;
      }
      const end = endOfTag(this.#held, 0);
      if (end < 0) {
        if (this.#held.length > longestTag) pass(1);
        else return out;
        continue;
      }
      const name = /^<([a-z][a-z0-9]*)/i.exec(this.#held)?.[1]?.toLowerCase();
      pass(end, (tag) => rewriteTag(tag, this.#change));
      if (name !== undefined && textOnly.includes(name)) this.#until = new RegExp(`</${name}(?=[\\s/>])`, 'i');
    }
  }
}
