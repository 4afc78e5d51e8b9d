import type { Section } from '../step.ts';
import { settings } from './web.ts';

export const changing: Section = {
  title: 'change what is there',
  files: {
    'settings.yaml': { text: settings.replace('green', 'red') },
    'unknown.yaml': { text: settings.replace('\ndata:', '\ndatum:') },
    'plain.txt': { text: 'one\ntwo\n' },
    'some.env': { text: '# a comment\nCOLOUR=green\nSIZE=12\n' },
    'more/a.txt': { text: 'a' },
    'more/b.txt': { text: 'b' },
  },
  steps: [
    {
      line: 'kubectl create configmap from-files --from-file=plain.txt --from-file=other=plain.txt --from-file=more',
      shows: [/^configmap\/from-files created\n$/],
      alike: 'text',
    },
    {
      line: "kubectl get configmap from-files -o jsonpath='{.data}'",
      shows: [/^\{"a\.txt":"a","b\.txt":"b","other":"one\\ntwo\\n","plain\.txt":"one\\ntwo\\n"\}$/],
      alike: 'text',
    },
    { line: 'kubectl create configmap from-env --from-env-file=some.env', shows: [/^configmap\/from-env created\n$/], alike: 'text' },
    { line: "kubectl get configmap from-env -o jsonpath='{.data}'", shows: [/^\{"COLOUR":"green","SIZE":"12"\}$/], alike: 'text' },
    { line: 'kubectl create secret generic from-env --from-env-file=some.env', shows: [/^secret\/from-env created\n$/], alike: 'text' },
    { line: 'kubectl create secret generic from-file --from-file=plain.txt', shows: [/^secret\/from-file created\n$/], alike: 'text' },
    { line: "kubectl get secret from-file -o jsonpath='{.data.plain\\.txt}'", shows: [/^b25lCnR3bwo=$/], alike: 'text' },
    { line: 'kubectl describe secret from-file', shows: [/^Type: +Opaque$/m, /^plain\.txt: +8 bytes$/m], alike: 'newest' },
    {
      line: 'kubectl create configmap made --from-literal=a=1 --dry-run=client -o yaml',
      shows: [/^apiVersion: v1\ndata:\n {2}a: "1"\nkind: ConfigMap\nmetadata:\n( {2}creationTimestamp: null\n)? {2}name: made\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl create configmap from-env --from-literal=a=1',
      ends: 1,
      tells: [/^[Ee]rror.*configmaps "from-env" already exists\n$/],
      alike: 'newest',
    },
    { line: 'kubectl diff -f settings.yaml', ends: 1, shows: [/^- +colour: green$/m, /^\+ +colour: red$/m], alike: 'nothing' },
    { line: 'kubectl apply -f unknown.yaml', ends: 1, tells: [/datum/], alike: 'nothing' },
    { line: `kubectl patch configmap settings -p '{"data":{"size":"12"}}'`, shows: [/^configmap\/settings patched\n$/], alike: 'text' },
    {
      line: `kubectl patch configmap settings --type=merge -p '{"data":{"size":null}}'`,
      shows: [/^configmap\/settings patched\n$/],
      alike: 'text',
    },
    {
      line: `kubectl patch configmap settings --type=json -p '[{"op":"replace","path":"/data/colour","value":"black"}]'`,
      shows: [/^configmap\/settings patched\n$/],
      alike: 'text',
    },
    {
      line: `kubectl patch configmap settings -p '{"data":{"colour":"black"}}'`,
      shows: [/^configmap\/settings patched \(no change\)\n$/],
      alike: 'text',
    },
    { line: "kubectl get configmap settings -o jsonpath='{.data}'", shows: [/^\{"colour":"black"\}$/], alike: 'text' },
    {
      line: 'KUBE_EDITOR="sed -i s/black/blue/" kubectl edit configmap settings',
      shows: [/^configmap\/settings edited\n$/],
      alike: 'text',
    },
    { line: 'KUBE_EDITOR=true kubectl edit configmap settings', tells: [/^Edit cancelled, no changes made\.\n$/], alike: 'text' },
    { line: "kubectl get configmap settings -o jsonpath='{.data}'", shows: [/^\{"colour":"blue"\}$/], alike: 'text' },
    { line: 'kubectl annotate configmap settings note=first', shows: [/^configmap\/settings annotated?\n$/], alike: 'newest' },
    {
      line: 'kubectl annotate configmap settings note=second',
      ends: 1,
      tells: [/--overwrite is false but found the following declared annotation\(s\): 'note' already has a value \(first\)\n$/],
      alike: 'text',
    },
    { line: 'kubectl annotate --overwrite configmap settings note=second', shows: [/^configmap\/settings annotated?\n$/], alike: 'newest' },
    { line: 'kubectl annotate configmap settings note-', shows: [/^configmap\/settings annotated?\n$/], alike: 'newest' },
    { line: 'kubectl label configmap settings tier=back', shows: [/^configmap\/settings labeled\n$/], alike: 'text' },
    { line: 'kubectl label configmap settings tier-', shows: [/^configmap\/settings (unlabeled|labeled)\n$/], alike: 'newest' },
    { line: 'kubectl replace -f settings.yaml', shows: [/^configmap\/settings replaced\n$/], alike: 'text' },
    {
      line: 'kubectl delete configmap from-files from-env',
      shows: [/^configmap "from-files" deleted.*\nconfigmap "from-env" deleted.*\n$/],
      alike: 'text',
    },
    { line: 'kubectl delete -f settings.yaml', shows: [/^configmap "settings" deleted/], alike: 'text' },
    { line: 'kubectl delete -f settings.yaml --ignore-not-found', shows: [/^$/], alike: 'text' },
    { line: 'kubectl delete -f settings.yaml', ends: 1, tells: [/configmaps "settings" not found\n$/], alike: 'text' },
  ],
};
