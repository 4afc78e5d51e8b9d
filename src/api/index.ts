export { openPki, type Pki } from './auth/pki.ts';
export type { ContainerRef, LogOptions, NodeConnection, NodeUsage, Session, SessionOptions } from './node-connection.ts';
export { type Api, type ApiConfig, startApi } from './server.ts';
