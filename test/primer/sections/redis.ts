import { row, type Section, seconds } from '../step.ts';

// kubectl 1.20 hashed the name of the ConfigMap too: that is the suffix in the primer. Later ones hash what is in it.
const config = 'example-redis-config-(dgh9dg555m|hfbhg9b679)';
const from = (file: string): { from: string } => ({ from: `manifests/redis/${file}` });

export const redis: Section = {
  title: 'redis, configured by a kustomization',
  files: {
    'redis-config': from('redis-config'),
    'redis-pod.yaml': from('redis-pod.yaml'),
    'kustomization.yaml': from('kustomization.yaml'),
  },
  steps: [
    { line: 'kubectl apply -k .', shows: [new RegExp(`^configmap/${config} created\npod/redis created\n$`)], alike: 'text' },
    {
      line: 'kubectl get -k .',
      within: 60,
      shows: [
        row('NAME', 'DATA', 'AGE'),
        row(`configmap/${config}`, '1', seconds),
        row('NAME', 'READY', 'STATUS', 'RESTARTS', 'AGE'),
        row('pod/redis', '1/1', 'Running', '0', seconds),
      ],
      alike: 'text',
    },
    {
      line: 'kubectl exec -it redis -- redis-cli',
      terminal: { prompt: /127\.0\.0\.1:6379> \s*$/, types: ['CONFIG GET maxmemory', 'CONFIG GET maxmemory-policy', 'QUIT'] },
      shows: [/1\) "maxmemory"\r*\n2\) "2097152"\r*\n/, /1\) "maxmemory-policy"\r*\n2\) "allkeys-lru"\r*\n/],
      alike: 'nothing',
    },
    { line: 'kubectl delete pod redis', shows: [/^pod "redis" deleted( from \S+ namespace)?\n$/], alike: 'text' },
    {
      line: 'kubectl delete -k .',
      besides: 'The ConfigMap is still there; the pod is told to be gone',
      ends: 1,
      shows: [new RegExp(`^configmap "${config}" deleted[^\n]*\n$`)],
      tells: [/pods "redis" not found/],
      alike: 'text',
    },
  ],
};
