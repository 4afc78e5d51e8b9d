import { onOff, text, texts } from '../grammar/flags.ts';

/** Flags that several verbs have in common. */
export const fileFlags = {
  filename: texts('File, folder, URL or - (standard input) with the objects', { short: 'f' }),
  kustomize: text('Folder with a kustomization', { short: 'k' }),
  recursive: onOff('Read folders in the folder too', { short: 'R' }),
} as const;

export const selectorFlags = {
  selector: text('Label selector', { short: 'l' }),
  fieldSelector: text('Field selector'),
} as const;

export const everywhereFlag = { allNamespaces: onOff('In all namespaces', { short: 'A' }) } as const;

export const outputFlags = {
  output: text('Output format: json, yaml, name, jsonpath=…', { short: 'o' }),
  template: text('Template of the output format', { hidden: true }),
  showManagedFields: onOff('Show managedFields in JSON and YAML'),
  allowMissingTemplateKeys: onOff('Taken; missing fields are always allowed', { hidden: true }),
} as const;

export const dryRunFlag = {
  dryRun: text('none, client or server: only say what would be done', { bare: 'unchanged' }),
} as const;

export const managerFlag = { fieldManager: text('Name of the manager that owns the fields written') } as const;

export const writingFlags = {
  ...dryRunFlag,
  ...managerFlag,
  validate: text('strict, warn or ignore: what unknown fields are', { bare: 'strict' }),
  saveConfig: onOff('Taken and ignored', { hidden: true }),
  record: onOff('Taken and ignored', { hidden: true }),
} as const;
