import type { Section } from '../step.ts';

const objects = [
  'deployment.apps/system-deployment',
  'deployment.apps/inventory-deployment',
  'service/system-service',
  'service/inventory-service',
];
const each = (said: string): RegExp => new RegExp(`^${objects.map((it) => `${it} ${said}\n`).join('')}$`);
const deleted = objects.map((it) => `${it.replace('/', ' "')}" deleted[^\n]*\n`).join('');
const replaced = objects.map((it) => `${it} replaced\n`).join('');

export const configuration: Section = {
  title: 'ConfigMap and Secret as environment',
  files: { 'kubernetes.yaml': { from: 'manifests/system-inventory/kubernetes.yaml' } },
  alone: true,
  steps: [
    {
      line: 'kubectl create configmap sys-app-name --from-literal name=my-system',
      shows: [/^configmap\/sys-app-name created\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl create secret generic sys-app-credentials --from-literal username=bob --from-literal password=bobpwd',
      shows: [/^secret\/sys-app-credentials created\n$/],
      alike: 'text',
    },
    { line: 'kubectl apply -f kubernetes.yaml', besides: 'The old one, to be replaced', shows: [each('created')], alike: 'text' },
    { line: 'kubectl replace --force -f kubernetes.yaml', shows: [new RegExp(`^${deleted}${replaced}$`)], alike: 'text' },
    {
      ask: 'http://127.0.0.1:31000/system/properties',
      user: 'bob:bobpwd',
      within: 60,
      shows: /"app\.name" ?: ?"my-system"|os\.name|host\.name/,
    },
    { ask: 'http://127.0.0.1:32000/inventory/systems/system-service', within: 60, shows: /"app\.name" ?: ?"my-system"/ },
    {
      line: 'kubectl delete -f kubernetes.yaml',
      besides: 'The next reader needs the same ports',
      shows: [new RegExp(`^${deleted}$`)],
      alike: 'text',
    },
    {
      line: 'kubectl delete configmap/sys-app-name secret/sys-app-credentials',
      besides: 'What is used no more',
      shows: [/^configmap "sys-app-name" deleted[^\n]*\nsecret "sys-app-credentials" deleted[^\n]*\n$/],
      alike: 'text',
    },
  ],
};
