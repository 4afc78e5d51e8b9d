export { type Branch, notThere, together } from './branch.ts';
export { branchOf } from './branches.ts';
export { drawTree, drawWithin, linesOf } from './draw.ts';
export { followFacts, readerOf } from './follow.ts';
export { createLive } from './live.ts';
export { type Outcome, watchUntilSettled } from './settle.ts';
