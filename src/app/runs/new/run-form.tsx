'use client';

import type { inferRouterOutputs } from '@trpc/server';
import { useRouter } from 'next/navigation';
import { type SubmitEvent, useEffect, useReducer, useRef, useState } from 'react';
import { TextField } from '#components/field.tsx';
import { Notice } from '#components/notice.tsx';
import { useReady } from '#components/use-ready.ts';
import { isPaid } from '#contracts/judge-providers.ts';
import type { OracleType } from '#contracts/oracle-types.ts';
import { defaultBaselineReplays } from '#contracts/run-request.ts';
import type { AppRouter } from '#trpc/root.ts';
import { trpc } from '../../trpc-client.tsx';
import { FormAnswer, useFormAnswer } from '../form-answer.tsx';
import type { FormReading } from '../form-issues.ts';
import { CostEstimate } from './cost-estimate.tsx';
import type { KeyedRow } from './header-rows.tsx';
import { JudgeChoice } from './judge-choice.tsx';
import { OracleFields } from './oracle-fields.tsx';
import { PaidJudging } from './paid-judging.tsx';
import { fieldNames, issuesByField, readEstimateForm, readRunForm, readTryForm } from './run-form-values.ts';
import { SampleFields } from './sample-fields.tsx';
import { Trial } from './trial.tsx';

type Reader<T> = (text: (name: string) => string, rows: KeyedRow[]) => FormReading<T>;
type RunOptions = inferRouterOutputs<AppRouter>['run']['options'];

/** What did not happen, by the button that was pressed. */
const refused = {
  run: 'The run was not started',
  trial: 'The oracle was not asked',
  estimate: 'The cost was not estimated',
} as const;

/** The installation's default judge, or else the first that is available. */
const judgeToBeginWith = ({ judges, defaultJudge }: RunOptions) => {
  const usable = judges.filter(({ reason }) => reason === null);
  return usable.find(({ provider }) => provider === defaultJudge) ?? usable[0];
};

/**
 * Whether the form has changed since the request `asked` was sent. `read` reads the form, and is called after every
 * rendering, because only then does the form have the controls that a choice shows or disables.
 */
function useOutdated<T>(asked: T | undefined, read: () => FormReading<T> | null): boolean {
  const [outdated, setOutdated] = useState(false);
  useEffect(() => {
    const reading = asked === undefined ? null : read();
    setOutdated(
      reading !== null &&
        !('request' in reading && JSON.stringify(reading.request) === JSON.stringify(asked)),
    );
  });
  return outdated;
}

/** `repoUrl` and `constructId` are the first values, from the address. */
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
  const [judge, setJudge] = useState(() => judgeToBeginWith(options));
  const { issues, refusal, begin, refuse } = useFormAnswer();
  const [pressed, setPressed] = useState<keyof typeof refused>('run');
  const ready = useReady();

  const create = trpc.run.create.useMutation({
    onSuccess: ({ runId }) => router.push(`/runs/${runId}`),
    onError: (error) => refuse(error),
  });
  const trial = trpc.run.tryOracle.useMutation({ onError: (error) => refuse(error) });
  const estimate = trpc.run.estimate.useMutation({ onError: (error) => refuse(error) });

  const errors = issuesByField(issues);
  const wrong = fieldNames.filter((name) => errors[name] !== undefined);

  useEffect(() => {
    const field = fieldNames.find((name) => issuesByField(issues)[name] !== undefined);
    if (field !== undefined) form.current?.querySelector<HTMLElement>(`#${field}`)?.focus();
  }, [issues]);

  const readBy = <T,>(read: Reader<T>): FormReading<T> | null => {
    if (form.current === null) return null;
    const data = new FormData(form.current);
    return read((name) => String(data.get(name) ?? ''), headers);
  };
  const [, noteChange] = useReducer((changes: number) => changes + 1, 0);
  const trialOutdated = useOutdated(trial.variables, () => readBy(readTryForm));
  const estimateOutdated = useOutdated(estimate.variables, () => readBy(readEstimateForm));

  /** Sends the form if it finds no error in itself. */
  const press = <T,>(button: keyof typeof refused, read: Reader<T>, send: (request: T) => void) => {
    const reading = readBy(read);
    if (reading === null) return;
    setPressed(button);
    begin('issues' in reading ? reading.issues : []);
    if ('request' in reading) send(reading.request);
  };
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    press('run', readRunForm, create.mutate);
  };
  const tryIt = () => {
    trial.reset();
    press('trial', readTryForm, trial.mutate);
  };
  const estimateIt = () => {
    estimate.reset();
    press('estimate', readEstimateForm, estimate.mutate);
  };

  const paid = isPaid(judge?.provider);
  const busy = create.isPending || create.isSuccess;
  const off = options.engine.reason;
  return (
    // `post`, so that no secret can end up in an address.
    <form
      ref={form}
      method="post"
      noValidate
      onSubmit={submit}
      onChange={noteChange}
      className="max-w-2xl space-y-10"
    >
      {off === null ? null : (
        <Notice tone="caution" title="No run can be started here">
          {off}
        </Notice>
      )}
      <noscript>
        <Notice tone="caution" title="Starting a run needs JavaScript">
          You can read certificates without it, and start runs through the REST API.
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
          hint="For a private repository, or for GitHub’s higher rate limits. Read access is enough. Encrypted while the run works, erased when it ends."
          maxLength={500}
          error={errors.githubToken}
        />
      </fieldset>

      <fieldset className="space-y-5">
        <legend className="mb-3 text-xl font-semibold tracking-tight">Oracle</legend>
        <TextField
          name="constructId"
          label="Construct"
          hint="The public name under which its certificates are listed."
          placeholder="my-oracle"
          defaultValue={constructId}
          maxLength={255}
          error={errors.constructId}
        />
        <OracleFields
          type={oracleType}
          onType={setOracleType}
          types={options.oracles}
          headers={headers}
          onHeaders={setHeaders}
          errors={errors}
        />
      </fieldset>

      <fieldset className="space-y-5">
        <legend className="mb-3 text-xl font-semibold tracking-tight">Judging</legend>
        <JudgeChoice judges={options.judges} chosen={judge} onChoose={setJudge} error={errors.judge} />
        <PaidJudging shown={paid} judge={judge} judges={options.judges} errors={errors} />
        <div className="grid gap-5 sm:grid-cols-2">
          <TextField
            name="limit"
            label="Pull requests at most"
            hint="1 to 1,000."
            numeric
            defaultValue="100"
            error={errors.limit}
          />
          <TextField
            name="minReplays"
            label="Scored replays at least"
            hint="1 to 500. With fewer, the certificate is provisional."
            numeric
            defaultValue="50"
            error={errors.minReplays}
          />
          <TextField
            name="baselineReplays"
            label="Baseline judged on"
            hint="0 to 1,000 of the pull requests. Title and description alone are judged there like an oracle’s answer, which shows what the oracle adds."
            numeric
            defaultValue={`${defaultBaselineReplays}`}
            error={errors.baselineReplays}
          />
        </div>
        <SampleFields errors={errors} />
      </fieldset>

      <div className="space-y-4">
        <FormAnswer title={refused[pressed]} general={errors['']} wrong={wrong.length} refusal={refusal} />
        <div className="flex flex-wrap gap-3">
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
          {paid ? (
            <button
              type="button"
              className="button-quiet"
              onClick={estimateIt}
              disabled={!ready || busy || estimate.isPending || off !== null}
            >
              {estimate.isPending ? 'Reading the newest changes…' : 'Estimate the cost'}
            </button>
          ) : null}
        </div>
        <p className="text-sm text-muted">
          Trying it makes one call about the newest change. The answer is neither judged nor stored.
          {paid
            ? ' An estimate reads the newest changes, asks neither oracle nor judge, and costs nothing.'
            : null}
        </p>
        {trial.data === undefined ? null : <Trial trial={trial.data} outdated={trialOutdated} />}
        {paid && estimate.data !== undefined ? (
          <CostEstimate
            estimate={estimate.data}
            limitUsd={estimate.variables?.maxCostUsd}
            outdated={estimateOutdated}
          />
        ) : null}
      </div>
    </form>
  );
};
