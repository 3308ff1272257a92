'use client';

import type { TRPCClientErrorLike } from '@trpc/client';
import { useState } from 'react';
import { Notice } from '#components/notice.tsx';
import type { FieldIssue } from '#contracts/errors.ts';
import type { AppRouter } from '#trpc/root.ts';

type Refusal = { message: string; signedOut: boolean };

const unreachable =
  'The installation could not be reached. Everything you typed is still here: check that it is running, then try again.';

/** What stands against a form that was sent: errors at its fields, or a refusal of the whole. */
export const useFormAnswer = () => {
  const [issues, setIssues] = useState<FieldIssue[]>([]);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  return {
    /** A new list for every attempt, so that the same mistake made twice is led to twice. */
    issues,
    refusal,
    /** Forgets the last answer; `found` is what the form itself has against what was typed. */
    begin: (found: FieldIssue[]) => {
      setRefusal(null);
      setIssues(found);
    },
    refuse: ({ data, message }: TRPCClientErrorLike<AppRouter>) => {
      const fields = data?.fields ?? [];
      setIssues(fields);
      setRefusal(
        fields.length > 0
          ? null
          : { message: data ? message : unreachable, signedOut: data?.code === 'UNAUTHORIZED' },
      );
    },
  };
};

/** Says above or below a form that it was not carried out; `wrong` is how many of its fields say why. */
export const FormAnswer = ({
  title,
  general,
  wrong,
  refusal,
}: {
  title: string;
  general: string | undefined;
  wrong: number;
  refusal: Refusal | null;
}) => (
  <>
    {wrong === 0 && general === undefined ? null : (
      <Notice tone="danger" title={title} live>
        {general ?? null}
        {wrong === 0
          ? null
          : wrong === 1
            ? ' One field needs another look; it says why.'
            : ` ${wrong} fields need another look; each says why.`}
      </Notice>
    )}
    {refusal === null ? null : (
      <Notice tone="danger" title={title} live>
        {refusal.signedOut ? (
          <>
            You are signed out.{' '}
            <a className="link" href="/sign-in" target="_blank" rel="noopener">
              Sign in in another tab
            </a>
            , then try again here: everything you typed is kept.
          </>
        ) : (
          refusal.message
        )}
      </Notice>
    )}
  </>
);
