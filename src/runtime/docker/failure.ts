/** An answer of the engine that says no: its HTTP status and its own words. */
export class EngineError extends Error {
  readonly status: number;
  constructor(status: number, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'EngineError';
    this.status = status;
  }
}

export const codeOf = (error: unknown): number | undefined => (error instanceof EngineError ? error.status : undefined);

/** The engine's own words. */
export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Undefined for what is so already (304). */
export async function unlessSo<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (codeOf(error) === 304) return undefined;
    throw error;
  }
}

/** Undefined for what is not there (404) or is so already (304). */
export async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (codeOf(error) === 404 || codeOf(error) === 304) return undefined;
    throw error;
  }
}
