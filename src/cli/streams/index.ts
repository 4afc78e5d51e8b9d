export { type Forwarding, forwardPort, type Ports } from './forward.ts';
export { exitCodeOf, openStreams, type Sinks, type StreamSession } from './session.ts';
export { joinTerminal } from './terminal.ts';
