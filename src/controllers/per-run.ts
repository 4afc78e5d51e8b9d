import type { ControllerContext } from './run.ts';

/**
 * What a controller keeps from call to call: made when first asked for, one for each run, gone with it. It may only
 * save work or ask for care; whoever starts with nothing must come to the same end.
 */
export function perRun<T>(make: (context: ControllerContext) => T): (context: ControllerContext) => T {
  const kept = new WeakMap<ControllerContext, { value: T }>();
  return (context) => {
    let it = kept.get(context);
    if (!it) {
      it = { value: make(context) };
      kept.set(context, it);
    }
    return it.value;
  };
}
