import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import type { Certificate } from '#contracts/certificate.ts';
import { testedCertificate } from '#testing/builders/stored-certificates.ts';
import { UsageTable } from './certificate-usage.tsx';
import { usageFacts } from './usage-facts.ts';

const shown = (certificate: Certificate) => renderToStaticMarkup(<UsageTable certificate={certificate} />);

test('estimated tokens are never shown as measured', () => {
  const certificate = testedCertificate();
  expect(shown(certificate)).not.toMatch(/≈|estimated/);
  expect(usageFacts(certificate.usage)[1]?.value).not.toContain('estimated');

  const { usage, usageByMeasure } = certificate;
  const recall = { ...usageByMeasure.recall, calls: 4, estimatedCalls: 3, inputTokens: 1234 };
  const marked = {
    ...certificate,
    usage: { ...usage, calls: 20, estimatedCalls: 3 },
    usageByMeasure: { ...usageByMeasure, recall },
  };
  expect(shown(marked)).toContain('>≈1,234<');
  expect(shown(marked)).toContain('≈: tokens estimated for 3 of 20 calls');
  expect(usageFacts(marked.usage)[1]?.value).toContain('(tokens estimated for 3 of 20 calls)');
});
