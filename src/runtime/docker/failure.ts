/** An error of the engine's API as dockerode throws it. */
type EngineError = { statusCode?: number; reason?: string; json?: { message?: string } };

export const codeOf = (error: unknown): number | undefined => (error as EngineError).statusCode;
/** The engine's own words. */
export const textOf = (error: unknown): string => (error as EngineError).json?.message ?? (error as Error).message ?? String(error);

/** Takes a 404 (and 304, already so) as done. */
export async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (codeOf(error) === 404 || codeOf(error) === 304) return undefined;
    throw error;
  }
}
