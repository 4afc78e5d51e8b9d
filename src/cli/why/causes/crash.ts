import { containersIn, lastEnd, logPlaceOf, nameOf, type Seen } from '../containers.ts';
import { eventsOf } from '../events.ts';
import { exitCodeText } from '../exit-code.ts';
import type { Cause, Finding } from '../finding.ts';
import type { Scope } from '../scope.ts';
import { changeAdvice, inNamespace, oneLine, plural, templateOwner } from '../words.ts';

/** A container ends although it should not, or an init container does not end well. */
export const crash: Cause = {
  name: 'crash',
  find: (scope) => scope.pods.flatMap(containersIn).flatMap((seen) => (isCrashing(seen) ? [findingOf(scope, seen)] : [])),
};

function isCrashing(seen: Seen): boolean {
  const { pod, status, isInit } = seen;
  const end = lastEnd(seen);
  if (!end || status?.ready) return false;
  const policy = pod.spec.restartPolicy ?? 'Always';
  const isLong = !isInit && policy === 'Always';
  if (end.exitCode === 0 && !isLong) return false;
  // One restart long ago is no reason for what is wrong now.
  return status?.state?.running === undefined || (status.restartCount > 0 && !status.ready);
}

function findingOf(scope: Scope, seen: Seen): Finding {
  const { pod, container, status, isInit } = seen;
  const end = lastEnd(seen);
  const code = end?.exitCode ?? 0;
  const restarts = status?.restartCount ?? 0;
  const owner = templateOwner(scope.facts, pod);
  const again = restarts > 0 ? ` and was started again ${plural(restarts, 'time')}` : '';
  const what =
    code === 0
      ? `ends at once${again}: exit code 0, nothing in it keeps running`
      : `ends with exit code ${code}${again}: ${exitCodeText(code)}`;
  const { namespace = '' } = pod.metadata;
  const place = logPlaceOf(seen);
  return {
    says: `${nameOf(seen)} ${what}`,
    about: pod,
    container: container.name,
    notes: [
      ...(isInit ? ['the containers after it wait until it ends with exit code 0'] : []),
      ...(end?.message ? [`its last words: ${oneLine(end.message)}`] : []),
      ...(status?.state?.waiting?.reason === 'CrashLoopBackOff' ? [oneLine(status.state.waiting.message ?? '')] : []),
    ],
    evidence: eventsOf(scope.facts, pod, { container: container.name, reasons: ['Created', 'Started', 'BackOff', 'Killing'] }),
    log: place,
    advice: [
      {
        command: `peapod logs ${pod.metadata.name} -c ${container.name}${place.previous ? ' --previous' : ''}${inNamespace(namespace)}`,
        to: 'read all that it wrote',
      },
      changeAdvice(owner, code === 126 || code === 127 ? 'correct the command' : 'change its command, its environment or its image'),
    ],
    ...((restarts >= 2 || pod.status?.phase === 'Failed') && { patience: 0 }),
  };
}
