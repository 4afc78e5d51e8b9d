export { announceDns } from './announce.ts';
export { type Dns, type DnsConfig, startDns } from './dns.ts';
