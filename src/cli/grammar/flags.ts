/** A flag as pflag knows them: what it takes, and what it means when nothing is said. */
export type FlagSpec = {
  summary: string;
  /** `texts` may be repeated and split at commas, `lines` may be repeated and are not split. */
  type: 'text' | 'switch' | 'texts' | 'lines' | 'number' | 'duration';
  short?: string;
  /** The value of `--flag` without `=…`, for flags that are more than a switch. */
  bare?: string;
  hidden?: boolean;
  required?: boolean;
};
export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

type ValueOf<F extends FlagSpec> = F['type'] extends 'switch'
  ? boolean
  : F['type'] extends 'texts' | 'lines'
    ? readonly string[]
    : F['type'] extends 'number' | 'duration'
      ? number
      : string;

/** What was typed, by the flags' names in camel case; what was not typed is absent. */
export type FlagValues<F extends FlagSpecs = FlagSpecs> = { readonly [name in keyof F]?: ValueOf<F[name]> | undefined };

export const text = (summary: string, more: Omit<FlagSpec, 'type' | 'summary'> = {}) => ({ type: 'text', summary, ...more }) as const;
export const onOff = (summary: string, more: Omit<FlagSpec, 'type' | 'summary'> = {}) => ({ type: 'switch', summary, ...more }) as const;
export const texts = (summary: string, more: Omit<FlagSpec, 'type' | 'summary'> = {}) => ({ type: 'texts', summary, ...more }) as const;
export const lines = (summary: string, more: Omit<FlagSpec, 'type' | 'summary'> = {}) => ({ type: 'lines', summary, ...more }) as const;
export const number = (summary: string, more: Omit<FlagSpec, 'type' | 'summary'> = {}) => ({ type: 'number', summary, ...more }) as const;
/** In milliseconds. */
export const duration = (summary: string, more: Omit<FlagSpec, 'type' | 'summary'> = {}) =>
  ({ type: 'duration', summary, ...more }) as const;

export const kebab = (name: string): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** Flags that every verb takes: which cluster, who asks, where. */
export const globalFlags = {
  kubeconfig: text('Path to the kubeconfig file to use'),
  context: text('The context of the kubeconfig to use'),
  cluster: text('The cluster of the kubeconfig to use'),
  user: text('The user of the kubeconfig to use'),
  namespace: text('The namespace to work in', { short: 'n' }),
  server: text('Address and port of the API server', { short: 's' }),
  token: text('Bearer token to log in with'),
  username: text('User name for basic authentication', { hidden: true }),
  password: text('Password for basic authentication', { hidden: true }),
  certificateAuthority: text('File with the certificate authority of the server'),
  clientCertificate: text('File with a client certificate'),
  clientKey: text('File with the key of the client certificate'),
  insecureSkipTlsVerify: onOff('Do not check the certificate of the server'),
  tlsServerName: text('Name to expect in the certificate of the server'),
  as: text('User to act as'),
  asGroup: lines('Groups to act as'),
  asUid: text('UID to act as'),
  requestTimeout: text('How long one request may take; 0 is without end'),
  warningsAsErrors: onOff('Treat warnings of the server as errors'),
  cacheDir: text('Taken and ignored', { hidden: true }),
  matchServerVersion: onOff('Taken and ignored', { hidden: true }),
  disableCompression: onOff('Taken and ignored', { hidden: true }),
  profile: text('Taken and ignored', { hidden: true }),
  logFlushFrequency: text('Taken and ignored', { hidden: true }),
  v: text('Taken and ignored', { short: 'v', hidden: true }),
  vmodule: text('Taken and ignored', { hidden: true }),
} as const satisfies FlagSpecs;
export type Globals = FlagValues<typeof globalFlags>;
