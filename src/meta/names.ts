/** Name rules, worded as apimachinery's util/validation words them. Each returns its faults; none means valid. */
const labelForm = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const subdomainForm = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const subdomainText =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const nameText =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

type Unit = 'bytes' | 'characters';
/** Upstream counts bytes, and calls them so in newer words alone. */
const longest = (value: string, limit: number, unit: Unit = 'characters'): string[] =>
  Buffer.byteLength(value) > limit ? [`must be no more than ${limit} ${unit}`] : [];

const subdomain = (value: string, unit: Unit): string[] => [
  ...longest(value, 253, unit),
  ...(subdomainForm.test(value) ? [] : [subdomainText]),
];

export const dns1123Subdomain = (value: string): string[] => subdomain(value, 'characters');

export function dns1123Label(value: string): string[] {
  const faults = longest(value, 63);
  if (labelForm.test(value)) return faults;
  // Who wrote a subdomain is told what is too much of it.
  if (subdomainForm.test(value)) return [...faults, 'must not contain dots'];
  return [
    ...faults,
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
  ];
}

/** A search path of the resolver: its labels may begin with an underscore and have some inside. */
export const dns1123SubdomainWithUnderscore = (value: string): string[] => [
  ...longest(value, 253),
  ...(/^_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$/.test(value)
    ? []
    : [
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*')",
      ]),
];

export const dns1035Label = (value: string): string[] => [
  ...longest(value, 63),
  ...(/^[a-z]([-a-z0-9]*[a-z0-9])?$/.test(value)
    ? []
    : [
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
      ]),
];

/** A label or annotation key: an optional DNS subdomain and a slash, then a name. */
export function qualifiedName(value: string): string[] {
  const parts = value.split('/');
  if (parts.length > 2)
    return [`a valid label key ${nameText.slice(10)} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  const name = parts.at(-1) as string;
  const faults: string[] = [];
  if (parts.length === 2) {
    if (parts[0] === '') faults.push('prefix part must be non-empty');
    else faults.push(...subdomain(parts[0] as string, 'bytes').map((it) => `prefix part ${it}`));
  }
  if (name === '') faults.push('name part must be non-empty');
  else if (Buffer.byteLength(name) > 63) faults.push('name part must be no more than 63 bytes');
  if (!/^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name)) faults.push(nameText);
  return faults;
}

export const labelValue = (value: string): string[] => [
  ...longest(value, 63, 'bytes'),
  ...(/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/.test(value)
    ? []
    : [
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ]),
];

/** Any printable ASCII but the sign that ends the name. */
export const envVarName = (value: string): string[] =>
  /^[\x20-\x3c\x3e-\x7e]+$/.test(value)
    ? []
    : ["a valid environment variable name must consist only of printable ASCII characters other than '='"];

export function configMapKey(value: string): string[] {
  const faults = longest(value, 253);
  if (!/^[-._a-zA-Z0-9]+$/.test(value)) {
    faults.push(
      "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')",
    );
  }
  if (value === '.') faults.push("must not be '.'");
  else if (value === '..') faults.push("must not be '..'");
  else if (value.startsWith('..')) faults.push("must not start with '..'");
  return faults;
}

/** What a name may be at least: one part of a path of the API. */
export function pathSegment(value: string, isPrefix = false): string[] {
  if (!isPrefix && (value === '.' || value === '..')) return [`may not be '${value}'`];
  return ['/', '%'].filter((it) => value.includes(it)).map((it) => `may not contain '${it}'`);
}

/** An IANA_SVC_NAME: the name of a port. */
export function portName(value: string): string[] {
  const faults: string[] = [];
  if (value.length > 15) faults.push('must be no more than 15 characters');
  if (!/^[-a-z0-9]+$/.test(value)) faults.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(value)) faults.push('must contain at least one letter (a-z)');
  if (value.includes('--')) faults.push('must not contain consecutive hyphens');
  if (value.startsWith('-') || value.endsWith('-')) faults.push('must not begin or end with a hyphen');
  return faults;
}

export const portNumber = (value: number): string[] =>
  Number.isInteger(value) && value >= 1 && value <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];

/** A prefix may end in a dash: something will follow. */
export const maskTrailingDash = (name: string): string => (name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name);
