'use client';

import type { TRPCClientErrorLike } from '@trpc/client';
import type { inferRouterOutputs } from '@trpc/server';
import { useRouter } from 'next/navigation';
import { type SubmitEvent, useEffect, useRef, useState } from 'react';
import { TextField } from '#components/field.tsx';
import { Notice } from '#components/notice.tsx';
import type { FieldIssue } from '#contracts/errors.ts';
import type { OracleType } from '#contracts/oracle.ts';
import type { AppRouter } from '#trpc/root.ts';
import { trpc } from '../../trpc-client.tsx';
import type { KeyedRow } from './header-rows.tsx';
import { JudgeChoice } from './judge-choice.tsx';
import { OracleFields } from './oracle-fields.tsx';
import { fieldNames, issuesByField, readRunForm, readTryForm } from './run-form-values.ts';
import { Trial } from './trial.tsx';

type RunOptions = inferRouterOutputs<AppRouter>['run']['options'];

const unreachable =
  'The installation could not be reached. Everything you typed is still here: check that it is running, then try again.';

/** `repoUrl` and `constructId` are what the address asked to begin with. */
export const RunForm = ({
  options,
  repoUrl,
  constructId,
}: {
  options: RunOptions;
  repoUrl: string;
  constructId: string;
}) => {
  const router = useRouter();
  const form = useRef<HTMLFormElement>(null);
  const [oracleType, setOracleType] = useState<OracleType>('http');
  const [headers, setHeaders] = useState<KeyedRow[]>([]);
  const [issues, setIssues] = useState<FieldIssue[]>([]);
  const [refusal, setRefusal] = useState<{ message: string; signedOut: boolean } | null>(null);
  // Which of the two buttons the messages below answer.
  const [attempted, setAttempted] = useState<'run' | 'trial'>('run');
  // Until the script runs, sending would take the browser away from what was typed.
  const [ready, setReady] = useState(false);
  useEffect(() => setReady(true), []);

  const refuse = (error: TRPCClientErrorLike<AppRouter>) => {
    const fields = error.data?.fields ?? [];
    setIssues(fields);
    setRefusal(
      fields.length > 0
        ? null
        : {
            message: error.data ? error.message : unreachable,
            signedOut: error.data?.code === 'UNAUTHORIZED',
          },
    );
  };
  const create = trpc.run.create.useMutation({
    onSuccess: ({ runId }) => router.push(`/runs/${runId}`),
    onError: (error) => refuse(error),
  });

  const trial = trpc.run.tryOracle.useMutation({ onError: (error) => refuse(error) });

  const errors = issuesByField(issues);
  const wrong = fieldNames.filter((name) => errors[name] !== undefined);
  const firstWrong = wrong[0];

  // `issues` is a new list for every attempt, so that the same mistake made twice is led to twice.
  useEffect(() => {
    const field = fieldNames.find((name) => issuesByField(issues)[name] !== undefined);
    if (field !== undefined) form.current?.querySelector<HTMLElement>(`#${field}`)?.focus();
  }, [issues]);

  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const read = readRunForm((name) => String(data.get(name) ?? ''), headers);
    setAttempted('run');
    setRefusal(null);
    setIssues('issues' in read ? read.issues : []);
    if ('request' in read) create.mutate(read.request);
  };

  const tryIt = () => {
    if (form.current === null) return;
    const data = new FormData(form.current);
    const read = readTryForm((name) => String(data.get(name) ?? ''), headers);
    setAttempted('trial');
    setRefusal(null);
    setIssues('issues' in read ? read.issues : []);
    trial.reset();
    if ('request' in read) trial.mutate(read.request);
  };

  const refused = attempted === 'trial' ? 'The oracle was not asked' : 'The run was not started';
  const busy = create.isPending || create.isSuccess;
  const off = options.engine.reason;
  return (
    // `post`, so that no secret can ever end up in an address.
    <form ref={form} method="post" noValidate onSubmit={submit} className="max-w-2xl space-y-10">
      {off === null ? null : (
        <Notice tone="caution" title="No run can be started here">
          {off}
        </Notice>
      )}
      <noscript>
        <Notice tone="caution" title="Starting a run needs JavaScript">
          Certificates can be read without it; runs can be started through the REST interface too.
        </Notice>
      </noscript>

      <fieldset className="space-y-5">
        <legend className="mb-3 text-xl font-semibold tracking-tight">Repository</legend>
        <TextField
          name="repoUrl"
          label="Repository"
          hint="GitHub’s owner/name, or the https address of any git repository."
          placeholder="owner/name"
          defaultValue={repoUrl}
          maxLength={500}
          error={errors.repoUrl}
        />
        <TextField
          name="githubToken"
          label="GitHub token"
          optional
          type="password"
          hint="For a private repository, or for GitHub’s higher limits. Read access is enough. Encrypted while the run works, erased when it ends."
          maxLength={500}
          error={errors.githubToken}
        />
      </fieldset>

      <fieldset className="space-y-5">
        <legend className="mb-3 text-xl font-semibold tracking-tight">Oracle</legend>
        <TextField
          name="constructId"
          label="Construct"
          hint="The name under which its certificates are listed. It is public."
          placeholder="my-oracle"
          defaultValue={constructId}
          maxLength={255}
          error={errors.constructId}
        />
        <OracleFields
          type={oracleType}
          onType={setOracleType}
          pythonReason={options.pythonReason}
          headers={headers}
          onHeaders={setHeaders}
          errors={errors}
        />
      </fieldset>

      <fieldset className="space-y-5">
        <legend className="mb-3 text-xl font-semibold tracking-tight">Judging</legend>
        <JudgeChoice judges={options.judges} defaultJudge={options.defaultJudge} error={errors.judge} />
        <div className="grid gap-5 sm:grid-cols-2">
          <TextField
            name="limit"
            label="Pull requests at most"
            hint="1 to 1,000"
            numeric
            defaultValue="100"
            error={errors.limit}
          />
          <TextField
            name="minReplays"
            label="Scored replays at least"
            hint="1 to 500; with fewer the certificate is provisional"
            numeric
            defaultValue="50"
            error={errors.minReplays}
          />
        </div>
        <details
          className="rounded-md border border-line px-4 py-3"
          open={[errors.since, errors.label, errors.seed].some((error) => error !== undefined) || undefined}
        >
          <summary className="cursor-pointer font-medium">Narrow or fix the sample</summary>
          <div className="mt-4 space-y-5">
            <TextField
              name="since"
              label="Merged since"
              optional
              type="date"
              hint="In UTC; older pull requests are left out."
              error={errors.since}
            />
            <TextField
              name="label"
              label="With the label"
              optional
              hint="Only pull requests that bear it."
              maxLength={100}
              error={errors.label}
            />
            <TextField
              name="seed"
              label="Seed"
              optional
              hint="The same seed over the same pull requests draws the same sample; drawn at random where empty."
              maxLength={100}
              error={errors.seed}
            />
            <label className="flex gap-3">
              <input type="checkbox" name="blinded" className="mt-1.5 size-4 accent-accent" />
              <span>
                <span className="block font-medium">Blind the oracle</span>
                <span className="block text-sm text-muted">
                  Repository, number, author, hashes and links are withheld from it, and ids are random.
                </span>
              </span>
            </label>
          </div>
        </details>
      </fieldset>

      <div className="space-y-4">
        {firstWrong === undefined && errors[''] === undefined ? null : (
          <Notice tone="danger" title={refused} live>
            {errors[''] ?? null}
            {wrong.length === 0
              ? null
              : wrong.length === 1
                ? ' One field needs another look; it says why.'
                : ` ${wrong.length} fields need another look; each says why.`}
          </Notice>
        )}
        {refusal === null ? null : (
          <Notice tone="danger" title={refused} live>
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
        <div className="flex flex-wrap items-center gap-3">
          <button type="submit" className="button" disabled={!ready || busy || off !== null}>
            {busy ? 'Starting the run…' : 'Start the run'}
          </button>
          <button
            type="button"
            className="button-quiet"
            onClick={tryIt}
            disabled={!ready || busy || trial.isPending || off !== null}
          >
            {trial.isPending ? 'Asking the oracle…' : 'Try it first'}
          </button>
          <p className="text-sm text-muted">
            One call about the newest change, judged by nobody, kept nowhere.
          </p>
        </div>
        {trial.data === undefined ? null : <Trial trial={trial.data} />}
      </div>
    </form>
  );
};
