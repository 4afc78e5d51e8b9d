import { hash, row, type Section, suffix } from '../step.ts';

const pod = `web-${hash}-${suffix}`;

export const streams: Section = {
  title: 'into containers, and out of them',
  files: { 'there.txt': { text: 'there and back\n' }, 'tree/a.txt': { text: 'a' }, 'tree/deeper/b.txt': { text: 'b' } },
  steps: [
    {
      line: 'kubectl wait --for=condition=Available deployment/web --timeout=60s',
      shows: [/^deployment\.apps\/web condition met\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl get pods -l app=web -o name',
      within: 30,
      shows: [new RegExp(`^pod/${pod}\n$`)],
      alike: 'text',
    },
    { line: 'kubectl logs deployment/web', shows: [/^started\n$/], alike: 'text' },
    {
      line: 'kubectl logs -l app=web --all-containers --prefix --tail=1',
      shows: [new RegExp(`^\\[pod/${pod}/web\\] started\n$`)],
      alike: 'text',
    },
    { line: 'kubectl logs deployment/web --timestamps --since=1h', shows: [/^\d{4}-\d\d-\d\dT\S+ started\n$/], alike: 'text' },
    { line: 'timeout 2 kubectl logs -f deployment/web', ends: 124, shows: [/^started\n$/], alike: 'text' },
    { line: 'kubectl logs deployment/web -c nobody', ends: 1, tells: [/container nobody is not valid for pod/], alike: 'text' },
    { line: 'kubectl exec deployment/web -- cat /www/index.html', shows: [/^hello\n$/], alike: 'text' },
    { line: 'kubectl exec -i deployment/web -- cat', input: 'all of this\n', shows: [/^all of this\n$/], alike: 'text' },
    { line: "kubectl exec deployment/web -- sh -c 'exit 7'", ends: 7, tells: [/^command terminated with exit code 7\n$/], alike: 'text' },
    { line: 'kubectl exec deployment/web -- no-such-program', ends: 126, tells: [/no-such-program|exit code 126/], alike: 'nothing' },
    {
      line: 'kubectl exec -it deployment/web -- sh',
      terminal: { prompt: /[#$] \s*$/, types: ['tty; sleep 1; stty size', 'exit 3'] },
      ends: 3,
      shows: [/\/dev\/pts\/\d+/, /24 80/],
      alike: 'nothing',
    },
    {
      line: 'kubectl cp there.txt $POD:/tmp/there.txt && kubectl cp $POD:/tmp/there.txt back.txt && cat back.txt',
      given: { POD: "kubectl get pods -l app=web -o jsonpath='{.items[0].metadata.name}'" },
      shows: [/there and back\n$/],
      alike: 'nothing',
    },
    {
      line: 'kubectl cp tree $POD:/tmp/tree && kubectl exec $POD -- sh -c "cd /tmp/tree && find . -type f | sort" && kubectl cp $POD:/tmp/tree tree2 && diff -r tree tree2 && echo the same',
      given: { POD: "kubectl get pods -l app=web -o jsonpath='{.items[0].metadata.name}'" },
      shows: [/\.\/a\.txt\n\.\/deeper\/b\.txt\n/, /the same\n$/],
      alike: 'nothing',
    },
    {
      line: 'kubectl port-forward deployment/web :8080 > forward.log 2> forward.err & PID=$!; until grep -qs Forwarding forward.log; do sleep 0.1; done; PORT=$(sed -n "s/^Forwarding from 127.0.0.1:\\([0-9]*\\) -> 8080/\\1/p" forward.log); "$NODE" -e "fetch(\'http://127.0.0.1:$PORT/\', { headers: { connection: \'close\' } }).then((it) => it.text()).then(console.log)"; kill $PID',
      shows: [/^hello\n/],
      alike: 'text',
    },
    {
      line: 'kubectl run speaker --image=busybox:1.36 --restart=Never -- sh -c "while true; do echo tick; sleep 0.2; done"',
      shows: [/^pod\/speaker created\n$/],
      alike: 'text',
    },
    { line: 'kubectl wait pod/speaker --for=condition=Ready --timeout=30s', shows: [/^pod\/speaker condition met\n$/], alike: 'text' },
    { line: 'timeout 2 kubectl attach speaker', ends: 124, shows: [/^tick$/m], alike: 'nothing' },
    {
      line: 'kubectl delete pod speaker --grace-period=0 --force',
      shows: [/^pod "speaker" force deleted/],
      tells: [/^[Ww]arning: Immediate deletion does not wait for confirmation/],
      alike: 'newest',
    },
    {
      line: 'kubectl run once --image=busybox:1.36 --restart=Never --rm -i --quiet -- echo said once',
      shows: [/^said once\n/],
      alike: 'nothing',
    },
    {
      line: 'kubectl top pods',
      within: 60,
      shows: [row('NAME', 'CPU\\(cores\\)', 'MEMORY\\(bytes\\)'), row(pod, '\\d+m', '\\d+Mi')],
      alike: 'head',
    },
    {
      line: 'kubectl top nodes',
      within: 60,
      shows: [/^NAME +CPU\(cores\) +CPU(%|\(%\)) +MEMORY\(bytes\) +MEMORY(%|\(%\)) *\n\S+ +\d+m +\d+% +\d+Mi +\d+% *\n/],
      alike: 'nothing',
    },
  ],
};
