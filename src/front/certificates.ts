import { createSecureContext, type SecureContext } from 'node:tls';
import type { core } from '../kinds/index.ts';
import type { Log } from '../lib/log.ts';

/** Certificates from Secrets, read once for each version of a Secret. */
export class Certificates {
  readonly #known = new Map<string, { version: string; context: SecureContext | undefined }>();
  readonly #log: Log;

  constructor(log: Log) {
    this.#log = log;
  }

  /** Undefined when there is no such Secret, or what is in it cannot be used. */
  of(key: string, secret: core.Secret | undefined): SecureContext | undefined {
    if (!secret) return undefined;
    const version = secret.metadata.resourceVersion ?? '';
    const known = this.#known.get(key);
    if (known?.version === version) return known.context;
    const context = this.#read(key, secret);
    this.#known.set(key, { version, context });
    return context;
  }

  #read(key: string, { data = {} }: core.Secret): SecureContext | undefined {
    const text = (name: string): string => Buffer.from(data[name] ?? '', 'base64').toString();
    try {
      return createSecureContext({ cert: text('tls.crt'), key: text('tls.key') });
    } catch (error) {
      this.#log.warn('a certificate cannot be used', { secret: key, error: String(error) });
      return undefined;
    }
  }
}
