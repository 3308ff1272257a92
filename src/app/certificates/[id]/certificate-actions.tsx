'use client';

import { useRouter } from 'next/navigation';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Refused } from '#components/refused.tsx';
import { useReady } from '#components/use-ready.ts';
import {
  type CertificateOptions,
  type CertificateStanding,
  disputeTextSchema,
  revocationRequestSchema,
  revocationWords,
} from '#contracts/certificate-standing.ts';
import { revocationReasons } from '#contracts/log.ts';
import { trpc } from '../../trpc-client.tsx';

/** Actions that are unfolded first, so that no single click does what cannot be undone. */
const Folded = ({ title, children }: { title: string; children: ReactNode }) => (
  <details className="rounded-md border border-line px-4 py-3">
    <summary className="cursor-pointer font-medium">{title}</summary>
    <div className="mt-3 space-y-3">{children}</div>
  </details>
);

const Revoke = ({ id, onDone }: { id: string; onDone: () => void }) => {
  const ready = useReady();
  const revoke = trpc.certificate.revoke.useMutation({ onSuccess: onDone });
  const send = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const reason = new FormData(event.currentTarget).get('reason');
    revoke.mutate(revocationRequestSchema.parse({ id, reason }));
  };
  return (
    <Folded title="Revoke this certificate">
      <p>From then on it counts for nothing, for anyone. This is logged and cannot be undone.</p>
      <form onSubmit={send} className="space-y-3">
        <label className="block">
          <span className="mb-1 block text-sm font-medium">Reason</span>
          <select className="input" name="reason" required defaultValue="">
            <option value="" disabled>
              Choose a reason
            </option>
            {revocationReasons.map((reason) => (
              <option key={reason} value={reason}>
                {revocationWords[reason]}
              </option>
            ))}
          </select>
        </label>
        <button type="submit" className="button" disabled={!ready || revoke.isPending}>
          {revoke.isPending ? 'Revoking…' : 'Revoke it'}
        </button>
      </form>
      {revoke.error ? <Refused title="It was not revoked" error={revoke.error} /> : null}
    </Folded>
  );
};

const Dispute = ({ id, onDone }: { id: string; onDone: () => void }) => {
  const ready = useReady();
  const open = trpc.dispute.open.useMutation({ onSuccess: onDone });
  const [text, setText] = useState('');
  return (
    <Folded title="Dispute this certificate">
      <p>
        It stays valid, with a warning. The dispute is logged; your words are shown here, and can be removed.
      </p>
      <form
        className="space-y-3"
        onSubmit={(event) => {
          event.preventDefault();
          open.mutate({ id, text });
        }}
      >
        <label className="block">
          <span className="mb-1 block text-sm font-medium">
            What is wrong with it, in at most {disputeTextSchema.maxLength} characters
          </span>
          <textarea
            className="input"
            rows={4}
            required
            maxLength={disputeTextSchema.maxLength ?? undefined}
            value={text}
            onChange={({ target }) => setText(target.value)}
          />
        </label>
        <button type="submit" className="button" disabled={!ready || open.isPending}>
          {open.isPending ? 'Disputing…' : 'Dispute it'}
        </button>
      </form>
      {open.error ? <Refused title="It was not disputed" error={open.error} /> : null}
    </Folded>
  );
};

type DisputeOf = CertificateStanding['disputes'][number];

const DisputeActions = ({ dispute, onDone }: { dispute: DisputeOf; onDone: () => void }) => {
  const ready = useReady();
  const close = trpc.dispute.close.useMutation({ onSuccess: onDone });
  const remove = trpc.dispute.removeText.useMutation({ onSuccess: onDone });
  const { id } = dispute;
  const error = close.error ?? remove.error;
  return (
    <div className="space-y-3">
      {dispute.closedAt === null ? (
        <button
          type="button"
          className="button-quiet"
          disabled={!ready || close.isPending}
          onClick={() => close.mutate({ id })}
        >
          Close the dispute
        </button>
      ) : null}
      {dispute.text === null ? null : (
        <Folded title="Remove the words of the dispute">
          <p>They cannot be brought back. The dispute itself stays in the log.</p>
          <button
            type="button"
            className="button"
            disabled={!ready || remove.isPending}
            onClick={() => remove.mutate({ id })}
          >
            Remove them
          </button>
        </Folded>
      )}
      {error ? <Refused title="Nothing was changed" error={error} /> : null}
    </div>
  );
};

/** What its reader may do with a certificate. */
export const CertificateActions = ({
  id,
  standing: { revokedAt, disputes },
  can,
}: {
  id: string;
  standing: Pick<CertificateStanding, 'revokedAt' | 'disputes'>;
  can: CertificateOptions;
}) => {
  const router = useRouter();
  const onDone = () => router.refresh();
  const changeable = disputes.filter(({ closedAt, text }) => closedAt === null || text !== null);
  return (
    <section aria-label="What you may do with this certificate" className="my-4 space-y-3 print:hidden">
      {can.revoke && revokedAt === null ? <Revoke id={id} onDone={onDone} /> : null}
      {can.dispute && disputes.every(({ closedAt }) => closedAt !== null) ? (
        <Dispute id={id} onDone={onDone} />
      ) : null}
      {can.dispute
        ? changeable.map((dispute) => <DisputeActions key={dispute.id} dispute={dispute} onDone={onDone} />)
        : null}
    </section>
  );
};
