/** Why this node does not take a pod that was bound to it: what its status says. */
export type Refusal = { reason: string; message: string };
