import { hash, row, type Section, seconds } from '../step.ts';

const set = `kubernetes-bootcamp-${hash}`;
const answer = 'kubectl exec deployments/kubernetes-bootcamp -- wget -q -O - http://127.0.0.1:8080/';

export const bootcamp: Section = {
  title: 'scale, roll out, roll back',
  steps: [
    {
      line: 'kubectl create deployment kubernetes-bootcamp --image=jocatalin/kubernetes-bootcamp:v1',
      besides: 'The primer begins with one that is there',
      shows: [/^deployment\.apps\/kubernetes-bootcamp created\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl get rs',
      within: 60,
      shows: [row('NAME', 'DESIRED', 'CURRENT', 'READY', 'AGE'), row(set, '1', '1', '1', seconds)],
      alike: 'text',
    },
    {
      line: 'kubectl scale deployments/kubernetes-bootcamp --replicas=4',
      shows: [/^deployment\.apps\/kubernetes-bootcamp scaled\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl get deployments',
      besides: 'Four come up',
      within: 60,
      shows: [row('kubernetes-bootcamp', '4/4', '4', '4', seconds)],
      alike: 'text',
    },
    {
      line: answer,
      besides: 'The first version answers',
      shows: [/^Hello Kubernetes bootcamp! \| Running on: kubernetes-bootcamp-\S+ \| v=1\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl set image deployments/kubernetes-bootcamp kubernetes-bootcamp=jocatalin/kubernetes-bootcamp:v2',
      shows: [/^deployment\.apps\/kubernetes-bootcamp image updated\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl get rs',
      besides: 'A new ReplicaSet takes over from the old one',
      within: 90,
      shows: [row(set, '4', '4', '4', seconds), row(set, '0', '0', '0', seconds)],
      alike: 'head',
    },
    { line: answer, besides: 'The second version answers', within: 30, shows: [/\| v=2\n$/], alike: 'text' },
    {
      line: 'kubectl rollout undo deployments/kubernetes-bootcamp',
      shows: [/^deployment\.apps\/kubernetes-bootcamp rolled back\n$/],
      alike: 'text',
    },
    {
      line: 'kubectl rollout status deployments/kubernetes-bootcamp',
      besides: 'Until it is done',
      shows: [/deployment "kubernetes-bootcamp" successfully rolled out\n$/],
      alike: 'nothing',
    },
    { line: answer, besides: 'The first version answers again', within: 30, shows: [/\| v=1\n$/], alike: 'text' },
    {
      line: 'kubectl delete deployment kubernetes-bootcamp',
      besides: 'Room for the next',
      shows: [/^deployment\.apps "kubernetes-bootcamp" deleted/],
      alike: 'text',
    },
  ],
};
