import type { Section } from '../step.ts';

const rolledOut = { shows: [/deployment "web" successfully rolled out\n$/], alike: 'nothing' } as const;

export const rolling: Section = {
  title: 'rollouts',
  steps: [
    {
      line: 'kubectl rollout history deployment/web',
      shows: [/^deployment\.apps\/web ?\nREVISION +CHANGE-CAUSE\n1 +<none>\n/],
      alike: 'text',
    },
    { line: 'kubectl rollout restart deployment/web', shows: [/^deployment\.apps\/web restarted\n$/], alike: 'text' },
    { line: 'kubectl rollout status deployment/web', ...rolledOut },
    { line: 'kubectl rollout history deployment/web', shows: [/^1 +<none>\n2 +<none>\n/m], alike: 'text' },
    {
      line: 'kubectl rollout history deployment/web --revision=1',
      shows: [/^deployment\.apps\/web with revision #1\nPod Template:\n/, /^ +Image:\s+busybox:1\.36$/m],
      alike: 'newest',
    },
    { line: 'kubectl rollout pause deployment/web', shows: [/^deployment\.apps\/web paused\n$/], alike: 'text' },
    {
      line: 'kubectl rollout pause deployment/web',
      ends: 1,
      tells: [/^error: deployments\.apps "web" is already paused\n$/],
      alike: 'text',
    },
    { line: 'kubectl set env deployment/web COLOUR=green', shows: [/^deployment\.apps\/web env updated\n$/], alike: 'text' },
    {
      line: 'kubectl set resources deployment/web --requests=cpu=10m,memory=8Mi',
      shows: [/^deployment\.apps\/web resource requirements updated\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl rollout undo deployment/web',
      ends: 1,
      tells: [/^error: you cannot rollback a paused deployment; resume it first with '?(kubectl|peapod) rollout resume/],
      alike: 'nothing',
    },
    { line: 'kubectl rollout resume deployment/web', shows: [/^deployment\.apps\/web resumed\n$/], alike: 'text' },
    { line: 'kubectl rollout status deployment/web', ...rolledOut },
    { line: 'kubectl set env deployment/web --list', shows: [/^# Deployment web, container web\nCOLOUR=green\n$/], alike: 'text' },
    { line: 'kubectl rollout undo deployment/web --to-revision=1', shows: [/^deployment\.apps\/web rolled back\n$/], alike: 'text' },
    { line: 'kubectl rollout status deployment/web', ...rolledOut },
    {
      line: 'kubectl rollout undo deployment/web --to-revision=9',
      ends: 1,
      tells: [/^error: unable to find specified revision 9 in history\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl scale deployment web --current-replicas=5 --replicas=1',
      ends: 1,
      tells: [/[Ee]xpected replicas to be 5, was 2/],
      alike: 'newest',
    },
    { line: 'kubectl scale deployment web --current-replicas=2 --replicas=1', shows: [/^deployment\.apps\/web scaled\n$/], alike: 'text' },
    {
      line: "kubectl wait deployment/web --for=jsonpath='{.status.replicas}'=1 --timeout=30s",
      since: '1.23',
      shows: [/^deployment\.apps\/web condition met\n$/],
      alike: 'text',
    },
  ],
};
