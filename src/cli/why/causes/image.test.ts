import { deployment, ofSet, podWith, replicaSet, testCause, waiting } from '../../../../test/fixtures/cli/facts.ts';
import { image } from './image.ts';

const refused = 'Get "https://reg/v2/": connection refused';
testCause(image, [
  ['runs', { pods: [podWith({ ready: true, state: { running: {} } })] }, undefined],
  ['is being made', { pods: [podWith(waiting('ContainerCreating'))] }, undefined],
  ['first failure', { pods: [podWith(waiting('ErrImagePull', refused))] }, `"web:1" cannot be pulled: ${refused}`],
  [
    'back-off keeps the engine’s words',
    { pods: [podWith(waiting('ImagePullBackOff', `Back-off pulling image "web:1": ErrImagePull: ${refused}`))] },
    `container app of pod/web-1-a has no image: "web:1" cannot be pulled: ${refused}`,
  ],
  ['no words at all', { pods: [podWith(waiting('ErrImagePull'))] }, 'the engine did not say why'],
  ['never pulled', { pods: [podWith(waiting('ErrImageNeverPull'))] }, 'is not on this machine, and its pull policy is Never'],
  [
    'no name of an image',
    {
      pods: [
        podWith(
          waiting(
            'InvalidImageName',
            'Failed to apply default image tag "A b": couldn\'t parse image name "A b": invalid reference format',
          ),
        ),
      ],
    },
    'is no valid image name (invalid reference format)',
  ],
  [
    'asked of the Deployment',
    { pods: [podWith(waiting('ErrImagePull', 'no'), ofSet)], deployments: [deployment()], replicaSets: [replicaSet()] },
    'pod/web-1-a has no image',
    deployment(),
  ],
]);
