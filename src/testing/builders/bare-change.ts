import type { GroundTruth } from '#contracts/ground-truth.ts';

/** A merged pull request of which only the given fields are known. */
export const bareChange = (
  given: Pick<GroundTruth, 'title' | 'diff'> & Partial<GroundTruth>,
): GroundTruth => ({
  id: '1',
  description: '',
  filesChanged: [],
  mergedAt: '2026-01-01T00:00:00Z',
  mergeCommit: null,
  labels: [],
  author: null,
  url: null,
  repository: 'owner/name',
  ...given,
});
