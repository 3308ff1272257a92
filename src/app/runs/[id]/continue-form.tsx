'use client';

import { useRouter } from 'next/navigation';
import { type SubmitEvent, useEffect, useRef, useState } from 'react';
import { DollarField } from '#components/dollar-field.tsx';
import { TextField } from '#components/field.tsx';
import { costText } from '#components/format.ts';
import { isPaid } from '#contracts/judge-providers.ts';
import type { Continuation, Run } from '#contracts/run.ts';
import { trpc } from '../../trpc-client.tsx';
import { FormAnswer, useFormAnswer } from '../form-answer.tsx';
import { controlsOf, headerControl, issuesByControl, readContinueForm } from './continue-form-values.ts';

const words = {
  resume: { start: 'Start the resumed run', busy: 'Resuming…', refused: 'The run was not resumed' },
  retry: { start: 'Start the new attempt', busy: 'Starting…', refused: 'The run was not retried' },
} as const;

const limitHint = (how: Continuation, { costUsd, costKnown, maxCostUsd }: Run) => {
  const counted =
    how === 'resume'
      ? `What this attempt has cost counts towards the limit: ${costKnown ? '' : 'at most '}${costText(costUsd)} so far.`
      : 'For the new attempt only, whose judging is paid again.';
  const kept = maxCostUsd === null ? 'none' : costText(maxCostUsd);
  return `${counted} Leave it empty to keep the old limit: ${kept}.`;
};

/** Asks for what resuming or retrying a run needs again and for what may change, then opens the new run's page. */
export const ContinueForm = ({ run, how }: { run: Run; how: Continuation }) => {
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const { issues, refusal, begin, refuse } = useFormAnswer();
  // Only the server knows whether the repository must be read again.
  const [tokenAsked, setTokenAsked] = useState(false);
  const options: Parameters<typeof trpc.run.resume.useMutation>[0] = {
    onSuccess: ({ runId }) => router.push(`/runs/${runId}`),
    onError: (error) => {
      refuse(error);
      if (error.data?.fields.some(({ path }) => path === 'githubToken')) setTokenAsked(true);
    },
  };
  const resume = trpc.run.resume.useMutation(options);
  const retry = trpc.run.retry.useMutation(options);
  const start = how === 'resume' ? resume : retry;

  useEffect(() => form.current?.focus(), []);

  const { oracleHeaderNames } = run;
  const errors = issuesByControl(issues, run);
  const wrong = controlsOf(run).filter((control) => errors[control] !== undefined);
  useEffect(() => {
    const byControl = issuesByControl(issues, { oracleHeaderNames });
    const control = controlsOf({ oracleHeaderNames }).find((name) => byControl[name] !== undefined);
    if (control !== undefined) form.current?.querySelector<HTMLElement>(`#${control}`)?.focus();
  }, [issues, oracleHeaderNames]);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const reading = readContinueForm((control) => String(data.get(control) ?? ''), how, run);
    begin('issues' in reading ? reading.issues : []);
    if ('request' in reading) start.mutate(reading.request);
  };

  const busy = start.isPending || start.isSuccess;
  return (
    // `post`, so that no secret can end up in an address.
    <form
      ref={form}
      method="post"
      noValidate
      onSubmit={submit}
      tabIndex={-1}
      aria-label={how === 'resume' ? 'Resume this run' : 'Retry this run'}
      className="mt-4 max-w-2xl space-y-5 rounded-md border border-line bg-sheet px-4 py-5 sm:px-6"
    >
      {oracleHeaderNames.map((name, place) => (
        <TextField
          key={name}
          name={headerControl(place)}
          label={`Value of the header ${name}`}
          type="password"
          hint="Erased when the run ended. Encrypted again while the new one works."
          maxLength={4000}
          error={errors[headerControl(place)]}
        />
      ))}
      {run.needsOracleUrl ? (
        <TextField
          name="oracleUrl"
          label="Address of the oracle"
          type="url"
          hint="With its query (?key=…), which was erased when the run ended. It must be the same oracle."
          maxLength={2000}
          error={errors.oracleUrl}
        />
      ) : null}
      {tokenAsked ? (
        <TextField
          name="githubToken"
          label="GitHub token"
          type="password"
          hint="Read access is enough. Encrypted while the run works, erased when it ends."
          maxLength={500}
          error={errors.githubToken}
        />
      ) : null}
      {isPaid(run.judge) ? (
        <DollarField
          name="maxCostUsd"
          label="New cost limit"
          hint={limitHint(how, run)}
          error={errors.maxCostUsd}
        />
      ) : null}
      <FormAnswer title={words[how].refused} general={errors['']} wrong={wrong.length} refusal={refusal} />
      <button type="submit" className="button" disabled={busy}>
        {busy ? words[how].busy : words[how].start}
      </button>
    </form>
  );
};
