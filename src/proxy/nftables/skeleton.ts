export type TableFacts = {
  /** Named by the cluster: two clusters have a table each. */
  name: string;
  serviceCidr: string;
  /** The network interface of this node's pods; none in tests without containers. */
  bridge?: string;
  /** This host's own address on it. */
  nodeAddress?: string;
  /** This node's pods: what is elsewhere answers past this host unless its client is told to be us. */
  podCidr?: string;
  nodeCidr?: string;
  /** Service addresses and ports that a program of this host answers at itself: `10.96.0.10 . udp . 53`. */
  own?: readonly string[];
};

/** Before Docker's own (-100): what is a service of ours is not looked up there. */
const priority = -110;

export const serviceKey = 'ip daddr . meta l4proto . th dport';

/**
 * The table before it holds any service. Only maps grow with services, so that a change costs the same however many
 * there are.
 *
 * - `services`: address, protocol and port → the chain that chooses an endpoint; `endpoints`: the same and a number →
 *   an endpoint.
 * - `refused`: what has no endpoints. `input` refuses it, and whatever else is asked of service addresses: a program that
 *   listens on all addresses of this host is no service. `ranges`: those that ServiceCIDRs add.
 * - `egress`, `ingress`: pods that NetworkPolicies select → what they may do; what returns from there is allowed. The node
 *   itself reaches its pods by `output`, which asks nobody: probes go on.
 * - `source`: endpoints that could not answer the client itself see this host instead: a pod that asked its own service,
 *   and clients whose address means something else over there. So does an endpoint in this host's own network: a UDP
 *   server answers from the address that it was asked from. The first rule changes nothing, so that Docker does not either:
 *   it would hide this host from itself behind another of its addresses. `self` has every endpoint twice: what others lead
 *   elsewhere, such as another cluster's services, is theirs.
 */
export const skeleton = (it: TableFacts): string => `table ip ${it.name} {
  map services { type ipv4_addr . inet_proto . inet_service : verdict; }
  map endpoints { type ipv4_addr . inet_proto . inet_service . classid : ipv4_addr . inet_service; }
  set refused { type ipv4_addr . inet_proto . inet_service; }
  set self { type ipv4_addr . ipv4_addr; }
  set own { type ipv4_addr . inet_proto . inet_service; ${it.own?.length ? `elements = { ${it.own.join(', ')} };` : ''} }
  set ranges { type ipv4_addr; flags interval; }
  map egress { type ipv4_addr : verdict; }
  map ingress { type ipv4_addr : verdict; }
  chain prerouting {
    type nat hook prerouting priority ${priority}; policy accept;
    ${serviceKey} vmap @services
  }
  chain output {
    type nat hook output priority ${priority}; policy accept;
    ${serviceKey} vmap @services
  }
  chain source {
    type nat hook postrouting priority 90; policy accept;
    ${it.nodeAddress ? `oifname "lo" ip saddr ${it.nodeAddress} ip daddr ${it.nodeAddress} snat to ${it.nodeAddress}` : ''}
    ct status & dnat != dnat return
    ip daddr . ip daddr != @self return
    ${it.nodeAddress ? `oifname "lo" ip daddr ${it.nodeAddress} snat to ${it.nodeAddress}` : ''}
    oifname "lo" return
    ip saddr . ip daddr @self masquerade
    ip saddr { 127.0.0.0/8, ${it.serviceCidr} } masquerade
    ip saddr @ranges masquerade
    ${it.podCidr && it.nodeCidr ? `ip saddr != ${it.podCidr} ip daddr != ${it.nodeCidr} masquerade` : ''}
  }
  chain source-here {
    type nat hook input priority 90; policy accept;
    ${it.nodeAddress && it.podCidr ? `ct status & dnat == dnat meta l4proto udp ip daddr ${it.nodeAddress} ip saddr != ${it.podCidr} snat to ${it.nodeAddress}` : ''}
  }
  chain refuse {
    meta l4proto tcp reject with tcp reset
    reject
  }
  chain input {
    type filter hook input priority filter - 10; policy accept;
    ${it.bridge ? `iifname "${it.bridge}" ip daddr 127.0.0.0/8 ct state new ct status & dnat != dnat drop` : ''}
    ct state != new accept
    ip saddr vmap @egress
    ${serviceKey} @refused goto refuse
    ip daddr ${it.serviceCidr} meta l4proto { tcp, udp } ct status & dnat != dnat ${serviceKey} != @own goto refuse
    ip daddr @ranges meta l4proto { tcp, udp } ct status & dnat != dnat goto refuse
  }
  chain forward {
    type filter hook forward priority filter - 10; policy accept;
    ct state established,related accept
    ip saddr . ip daddr @self accept
    ip saddr vmap @egress
    ip daddr vmap @ingress
    ${serviceKey} @refused goto refuse
  }
  chain refused-output {
    type filter hook output priority filter - 10; policy accept;
    ct state new ${serviceKey} @refused goto refuse
  }
}
`;
