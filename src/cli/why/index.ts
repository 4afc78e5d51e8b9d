export { type Explanation, explain, type NamedFinding } from './explain.ts';
export { type Facts, noFacts, titleOf } from './facts.ts';
export { gatherFacts, lastLines, withRivals } from './gather.ts';
export { containersIn, type Seen } from './containers.ts';
export { failuresOf } from './probe-failures.ts';
export { scopeOf } from './scope.ts';
export { printExplanation } from './print.ts';
export { stateOf } from './state.ts';
export { tellWhy } from './tell.ts';
