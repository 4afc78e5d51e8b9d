import { isDeleting } from '../../meta/owner.ts';
import { compareQuantities } from '../../meta/quantity.ts';
import { matchesSelector } from '../../meta/selector.ts';
import { type Claim, classOf, isMeantFor, sizeAsked, sizeOf, type Volume } from './vocabulary.ts';

const modeOf = ({ spec }: Claim | Volume): string => spec.volumeMode ?? 'Filesystem';

/** Why a claim that names a volume cannot have it (pv_controller.go, checkVolumeSatisfyClaim). */
export function mismatch(volume: Volume, claim: Claim): string | undefined {
  if (compareQuantities(sizeOf(volume), sizeAsked(claim)) < 0) return 'requested PV is too small';
  if (classOf(volume) !== classOf(claim)) return 'storageClassName does not match';
  if (modeOf(volume) !== modeOf(claim)) return 'incompatible volumeMode';
  if (!hasModes(volume, claim)) return 'incompatible accessMode';
  return undefined;
}

const hasModes = (volume: Volume, claim: Claim): boolean =>
  (claim.spec.accessModes ?? []).every((it) => volume.spec.accessModes?.includes(it));

/**
 * The volume for a claim that names none: one that names the claim, else the smallest that will do, of those the one
 * with the fewest access modes. Claims that wait for their first pod are given only the former: the scheduler chooses.
 */
export function findVolume(claim: Claim, volumes: readonly Volume[], isDelayed: boolean): Volume | undefined {
  const fitting = volumes.filter(
    (it) => !isDeleting(it) && modeOf(it) === modeOf(claim) && hasModes(it, claim) && compareQuantities(sizeOf(it), sizeAsked(claim)) >= 0,
  );
  const meant = fitting.find((it) => isMeantFor(it, claim));
  if (meant || isDelayed) return meant;
  return fitting
    .filter(
      (it) =>
        !it.spec.claimRef &&
        it.status?.phase === 'Available' &&
        classOf(it) === classOf(claim) &&
        (it.spec.volumeAttributesClassName ?? '') === (claim.spec.volumeAttributesClassName ?? '') &&
        (!claim.spec.selector || matchesSelector(claim.spec.selector, it.metadata.labels)),
    )
    .sort(
      (a, b) =>
        compareQuantities(sizeOf(a), sizeOf(b)) ||
        (a.spec.accessModes?.length ?? 0) - (b.spec.accessModes?.length ?? 0) ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    )[0];
}
