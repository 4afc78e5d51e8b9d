import { CommandError } from '../command.ts';
import { ExitWith } from '../faults.ts';
import { onOff, text } from '../grammar/flags.ts';
import { outputOf, renderLines, renderObject } from '../printers/index.ts';
import { findResource } from '../resources/index.ts';
import { outputFor } from './changed.ts';
import { everywhereFlag, outputFlags } from './flag-sets.ts';
import { type VerbContext, verb } from './verb.ts';

const flags = {
  ...everywhereFlag,
  list: onOff('List all that is allowed'),
  quiet: onOff('Say nothing: the exit code tells', { short: 'q' }),
  noHeaders: onOff('Leave out the headers'),
  subresource: text('The subresource: log, scale, …'),
} as const;

const canI = verb({
  name: 'can-i',
  summary: 'Ask whether something is allowed',
  usage: 'VERB [TYPE | TYPE/NAME | NONRESOURCEURL]',
  flags,
  async run(context) {
    const { args, flags: given, io } = context;
    if (given.list && args.length > 0) throw new CommandError('list option must be specified with no arguments');
    if (given.list) return listRules(context);
    const attributes = await attributesOf(context, args);
    const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: attributes };
    const { requests } = context.session();
    const answer = await requests.json<{ status?: { allowed?: boolean; reason?: string; evaluationError?: string } }>({
      method: 'POST',
      path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      body,
    });
    const { allowed = false, reason, evaluationError } = answer.status ?? {};
    const why = `${reason ? ` - ${reason}` : ''}${evaluationError ? ` - ${evaluationError}` : ''}`;
    if (!given.quiet) io.print(allowed ? 'yes' : `no${why}`);
    if (!allowed) throw new ExitWith(1);
    return 0;
  },
});

async function attributesOf(context: VerbContext<typeof flags>, args: readonly string[]): Promise<object> {
  const { flags: given, io } = context;
  const [name, what, object] = args;
  if (name === undefined || what === undefined || args.length > 3)
    throw new CommandError(
      "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'peapod auth can-i -h' for help and examples.",
    );
  if (what.startsWith('/')) return { nonResourceAttributes: { verb: name, path: what } };
  const session = context.session();
  const [type = '', slashed] = what.split('/');
  const found = type === '*' ? undefined : findResource(await session.served(), type);
  if (!found && type !== '*') io.tell(`Warning: the server doesn't have a resource type '${type}'\n`);
  else if (found && !found.namespaced && session.namespaceGiven)
    io.tell(`Warning: resource '${found.plural}' is not namespace scoped${found.group ? ` in group '${found.group}'` : ''}\n`);
  const [plural = type, ...group] = type.split('.');
  return {
    resourceAttributes: {
      namespace: given.allNamespaces ? '' : session.namespace,
      verb: name,
      group: found ? found.group : type === '*' ? '*' : group.join('.'),
      resource: found?.plural ?? plural,
      subresource: given.subresource ?? '',
      name: slashed ?? object ?? '',
    },
  };
}

type Rules = {
  status?: {
    resourceRules?: Array<{ verbs: string[]; apiGroups?: string[]; resources?: string[]; resourceNames?: string[] }>;
    nonResourceRules?: Array<{ verbs: string[]; nonResourceURLs?: string[] }>;
    incomplete?: boolean;
  };
};

async function listRules({ io, flags: given, session }: VerbContext<typeof flags>): Promise<number> {
  const { requests, namespace } = session();
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } };
  const { status = {} } = await requests.json<Rules>({
    method: 'POST',
    path: '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews',
    body,
  });
  const words = (it: readonly string[] | undefined): string => `[${(it ?? []).join(' ')}]`;
  const rows = (status.resourceRules ?? []).flatMap((rule) =>
    (rule.apiGroups ?? ['']).flatMap((group) =>
      (rule.resources ?? []).map((resource) => [
        group ? `${resource}.${group}` : resource,
        '[]',
        words(rule.resourceNames),
        words(rule.verbs),
      ]),
    ),
  );
  rows.sort((a, b) => ((a[0] as string) < (b[0] as string) ? -1 : 1));
  rows.push(...(status.nonResourceRules ?? []).map((rule) => ['', words(rule.nonResourceURLs), '[]', words(rule.verbs)]));
  io.write(renderLines(given.noHeaders ? rows : [['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'], ...rows]));
  return 0;
}

type Review = { status?: { userInfo?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> } } };

const whoAmI = verb({
  name: 'whoami',
  summary: 'Tell who the server takes you for',
  usage: '',
  flags: outputFlags,
  async run({ io, flags: given, session }) {
    const output = outputFor(outputOf(given.output, { withTables: false }));
    const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
    const review = await session().requests.json<Review>({
      method: 'POST',
      path: '/apis/authentication.k8s.io/v1/selfsubjectreviews',
      body,
    });
    if (output) {
      io.write(renderObject(output, review));
      return 0;
    }
    const { username, uid, groups, extra } = review.status?.userInfo ?? {};
    const rows = [
      ...(username ? [['Username', username]] : []),
      ...(uid ? [['UID', uid]] : []),
      ...(groups?.length ? [['Groups', `[${groups.join(' ')}]`]] : []),
      ...Object.entries(extra ?? {}).map(([key, values]) => [`Extra: ${key}`, `[${values.join(' ')}]`]),
    ];
    io.write(renderLines([['ATTRIBUTE', 'VALUE'], ...rows]));
    return 0;
  },
});

export const auth = verb({
  name: 'auth',
  summary: 'Ask what is allowed, and to whom',
  usage: 'SUBCOMMAND',
  flags: {},
  children: [canI, whoAmI],
});
