export { type Front, type FrontConfig, startFront } from './front.ts';
