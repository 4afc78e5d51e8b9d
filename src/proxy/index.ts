export { type ServiceProxy, type ProxyConfig, startProxy } from './proxy.ts';
export type { Listener } from './table.ts';
export type { ListenFault, Traffic } from './traffic.ts';
export { type LocalRoutes, localRoutes } from './userspace/service-route.ts';
export { createUserspace } from './userspace/userspace.ts';
