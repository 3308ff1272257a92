'use client';

import type { TRPCClientErrorLike } from '@trpc/client';
import { useState } from 'react';
import { Notice } from '#components/notice.tsx';
import { unreachable } from '#components/refused.tsx';
import type { FieldIssue } from '#contracts/errors.ts';
import type { AppRouter } from '#trpc/root.ts';

type Refusal = { message: string; signedOut: boolean };

/** The answer to a sent form: errors at its fields, or a refusal of the whole. */
export const useFormAnswer = () => {
  const [issues, setIssues] = useState<FieldIssue[]>([]);
  const [refusal, setRefusal] = useState<Refusal | null>(null);
  return {
    /** A new list for every submission, so that the same mistake made twice gets the focus twice. */
    issues,
    refusal,
    /** Forgets the last answer. `found` is what the form itself finds wrong. */
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
          : {
              message: data ? message : `${unreachable} Everything you typed is still here.`,
              signedOut: data?.code === 'UNAUTHORIZED',
            },
      );
    },
  };
};

/** Says that a form was refused. `wrong` is how many of its fields show an error. */
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
        {wrong === 0 ? null : wrong === 1 ? ' One field has an error.' : ` ${wrong} fields have an error.`}
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
            , then try again here. Everything you typed is kept.
          </>
        ) : (
          refusal.message
        )}
      </Notice>
    )}
  </>
);
