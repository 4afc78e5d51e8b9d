import { CommandError } from '../command.ts';
import type { Fields } from '../connection/contexts.ts';
import { onOff } from '../grammar/flags.ts';
import type { Kubeconfig } from '../kubeconfig/entries.ts';
import { entriesOf, exactly, hasEntry, readMerged, writeConfig } from './config-file.ts';
import { type VerbContext, verb } from './verb.ts';

type Form = 'text' | 'bytes' | 'switch';

/** Fields of a kubeconfig that have names (client-go, clientcmd/api/types.go), and how each is written. */
const forms: Readonly<Record<string, Readonly<Record<string, Form>>>> = {
  clusters: {
    ...{ server: 'text', 'tls-server-name': 'text', 'insecure-skip-tls-verify': 'switch', 'certificate-authority': 'text' },
    ...{ 'certificate-authority-data': 'bytes', 'proxy-url': 'text', 'disable-compression': 'switch' },
  },
  contexts: { cluster: 'text', user: 'text', namespace: 'text' },
  users: {
    ...{ 'client-certificate': 'text', 'client-certificate-data': 'bytes', 'client-key': 'text', 'client-key-data': 'bytes' },
    ...{ token: 'text', tokenFile: 'text', as: 'text', 'as-uid': 'text', username: 'text', password: 'text' },
  },
};

/** `current-context`, or a list, the name of an entry (which may hold dots) and a field of it. */
type Place = { list?: string; name?: string; field?: string };

function placeOf(path: string): Place {
  if (path === '') throw new CommandError('you must specify a property');
  if (path === 'current-context') return {};
  const [list = '', ...rest] = path.split('.');
  const fields = forms[list];
  if (!fields) throw new CommandError(`unable to parse ${path} after [] at api.Config`);
  if (rest.length === 0) return { list };
  const at = rest.findIndex((it, i) => i > 0 && fields[it] !== undefined);
  if (at < 0) return { list, name: rest.join('.') };
  if (at < rest.length - 1) throw new CommandError(`unable to parse one or more field values of ${path}`);
  return { list, name: rest.slice(0, at).join('.'), field: rest[at] as string };
}

const change = (context: VerbContext, { list, name }: Place, act: (config: Kubeconfig) => Kubeconfig): Promise<void> =>
  writeConfig(
    context,
    list ? (name ? hasEntry(list, name) : (config) => Boolean(config[list])) : (it) => Boolean(it['current-context']),
    act,
  );

export const configSet = verb({
  name: 'set',
  summary: 'Set one value of the kubeconfig',
  usage: 'PROPERTY_NAME PROPERTY_VALUE',
  flags: { setRawBytes: onOff('The value of a field with bytes is given as it is, not in base64') },
  async run(context) {
    const [path = '', value = ''] = exactly(context, 2);
    if (value === '') throw new CommandError('you cannot use set to unset a property');
    const place = placeOf(path);
    const { list, name, field } = place;
    if (list && !field) throw new CommandError(`can't set a map to a value: ${path}`);
    const written = list && field ? valueIn(forms[list]?.[field] as Form, value, context.flags.setRawBytes === true) : value;
    await change(context, place, (config) => {
      if (!list || !name || !field) return { ...config, 'current-context': value };
      const single = list.replace(/s$/, '');
      const entries = entriesOf(config, list);
      const was = entries.find((it) => it.name === name);
      const next = { ...was, [single]: { ...(was?.[single] as Fields | undefined), [field]: written }, name };
      return { ...config, [list]: was ? entries.map((it) => (it === was ? next : it)) : [...entries, next] };
    });
    context.io.print(`Property ${JSON.stringify(path)} set.`);
    return 0;
  },
});

function valueIn(form: Form, value: string, raw: boolean): unknown {
  if (form === 'bytes') {
    if (raw) return Buffer.from(value).toString('base64');
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(value))
      throw new CommandError(`error decoding input value: illegal base64 data at input byte ${value.search(/[^A-Za-z0-9+/]|$/)}`);
    return value;
  }
  if (form === 'text') return value;
  if (/^(1|t|T|true|TRUE|True)$/.test(value)) return true;
  if (/^(0|f|F|false|FALSE|False)$/.test(value)) return false;
  throw new CommandError(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
}

export const configUnset = verb({
  name: 'unset',
  summary: 'Take one value out of the kubeconfig',
  usage: 'PROPERTY_NAME',
  flags: {},
  async run(context) {
    const [path = ''] = exactly(context, 1);
    const place = placeOf(path);
    const { list, name, field } = place;
    const isThere = !list || !name || entriesOf(readMerged(context) as unknown as Kubeconfig, list).some((it) => it.name === name);
    if (field && !isThere) throw new CommandError(`current map key \`${name}\` is invalid`);
    await change(context, place, (config) => {
      if (!list) return { ...config, 'current-context': '' };
      if (!name) return { ...config, [list]: [] };
      const entries = entriesOf(config, list);
      if (!field) return { ...config, [list]: entries.filter((it) => it.name !== name) };
      const single = list.replace(/s$/, '');
      const without = (it: (typeof entries)[number]) => {
        const { [field]: _, ...rest } = it[single] as Fields;
        return { ...it, [single]: rest };
      };
      return { ...config, [list]: entries.map((it) => (it.name === name ? without(it) : it)) };
    });
    context.io.print(`Property ${JSON.stringify(path)} unset.`);
    return 0;
  },
});
