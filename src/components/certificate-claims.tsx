import type { Certificate } from '#contracts/certificate.ts';
import { claimSteps } from '#verification/certificate/claim-steps.ts';
import { Facts } from './facts.tsx';
import { countText } from './format.ts';

/** What became of the oracle's claims, from all that it made to those that precision counts. */
export const ClaimFunnel = ({ certificate: { funnel } }: { certificate: Certificate }) => (
  <>
    <Facts
      facts={claimSteps.map(({ step, term, meaning }) => ({
        term,
        value: <span data-claims={step}>{countText(funnel[step])}</span>,
        remark: meaning,
      }))}
    />
    <p className="mt-3 text-sm">
      <a className="link" href="/judges#folding">
        Which claims are folded
      </a>
    </p>
  </>
);
