import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { Audit } from '#contracts/audit.ts';
import { CertificateAudit } from './certificate-audit.tsx';

const begun: Audit = {
  certificateId: 'a',
  certificateDigest: 'd'.repeat(64),
  size: 2,
  begunAt: '2026-11-30T12:00:00.000Z',
  finishedAt: null,
  closedAt: null,
  result: null,
  labels: null,
};
const finished: Audit = {
  ...begun,
  finishedAt: '2026-11-30T13:00:00.000Z',
  result: {
    labels: { true: 1, false: 1, cannotTell: 0 },
    precision: null,
    bounds: { lower: 0.5, upper: 0.5 },
    q1: null,
    q0: null,
    kappa: null,
    byRates: null,
  },
};

const shown = (audit: Audit) => renderToStaticMarkup(<CertificateAudit audit={audit} />);

test('an audit that is not finished is not said to have labels', () => {
  expect(shown(begun)).toContain('and is not finished');
  for (const wrong of ['ruled on', 'labelled', 'every label']) expect(shown(begun)).not.toContain(wrong);
  expect(shown(finished)).toContain('1 true, 1 false, 0 cannot tell');
  expect(shown(finished)).toContain('This audit as JSON, with every label');
});

test.each([begun, finished])('a reader is told that the sample cannot be drawn again', (audit) => {
  expect(shown(audit)).toContain('a seed that follows from this certificate');
  expect(shown(audit)).toContain('a reader cannot draw them again');
});

test('an audit that was closed is said to have no result, and why', () => {
  const closed = shown({ ...begun, closedAt: '2027-03-01T12:00:00.000Z' });
  expect(closed).toContain('and closed');
  expect(closed).toContain('without a result: what it would have asked about was deleted');
  expect(closed).not.toContain('is not finished');
});
