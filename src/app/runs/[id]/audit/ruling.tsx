'use client';

import { type ReactNode, useEffect, useRef, useState } from 'react';
import { Refused } from '#components/refused.tsx';
import { type AuditLabel, type AuditProgress, auditKeys } from '#contracts/audit.ts';
import { trpc } from '../../../trpc-client.tsx';
import { Diff } from './diff.tsx';

/** Back to the claim before. */
const backKey = 'b';

const BackButton = ({ disabled, onClick }: { disabled: boolean; onClick: () => void }) => (
  <button
    type="button"
    className="button-quiet"
    aria-keyshortcuts={backKey}
    disabled={disabled}
    onClick={onClick}
  >
    Back
    <span className="font-mono text-sm" aria-hidden="true">
      {backKey}
    </span>
  </button>
);

/** One claim after another, each with its diff and its keys. `children` follow when every claim has a label. */
export const Ruling = ({
  runId,
  size,
  onLabel,
  children,
}: {
  runId: string;
  size: number;
  onLabel: (audit: AuditProgress) => void;
  children: ReactNode;
}) => {
  /** Undefined: the first claim without a label. */
  const [position, setPosition] = useState<number>();
  const utils = trpc.useUtils();
  // Never from the cache: which claim is the first without a label changes with each label.
  const {
    data: task,
    error,
    isFetching,
  } = trpc.audit.task.useQuery(
    { id: runId, position },
    // A claim that cannot be shown is said at once.
    { gcTime: 0, retry: false },
  );
  const label = trpc.audit.label.useMutation({
    onSuccess: async (audit) => {
      onLabel(audit);
      setPosition(undefined);
      await utils.audit.task.invalidate({ id: runId });
    },
  });
  const heading = useRef<HTMLHeadingElement>(null);
  const isBusy = label.isPending || isFetching;
  const shown = task?.position;
  const last = task === null ? 'all' : shown;

  useEffect(() => {
    if (last !== undefined) heading.current?.focus();
  }, [last]);

  const say = (given: AuditLabel) => {
    if (!isBusy && shown !== undefined) label.mutate({ id: runId, position: shown, label: given });
  };
  // From the end it leads to the last claim, so that its label can be corrected too.
  const before = task === null ? size : (shown ?? 1) - 1;
  const back = () => {
    if (!isBusy && before > 0) setPosition(before);
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
      const key = event.key.toLowerCase();
      const pressed = auditKeys.find((each) => each.key === key);
      if (pressed !== undefined) say(pressed.label);
      else if (key === backKey) back();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  });

  const fault = label.error ?? error;
  const refusal = fault ? (
    <div className="mt-4">
      <Refused title={label.error ? 'The label was not kept' : 'The claim cannot be shown'} error={fault} />
    </div>
  ) : null;

  if (task === undefined)
    return refusal === null ? (
      <p role="status">Reading the claim…</p>
    ) : (
      <>
        {refusal}
        {position === undefined ? null : (
          <p className="mt-4">
            <button type="button" className="button-quiet" onClick={() => setPosition(undefined)}>
              Leave this claim as it is
            </button>
          </p>
        )}
      </>
    );
  if (task === null)
    return (
      <section>
        <h2 ref={heading} tabIndex={-1} className="mb-4 text-xl font-semibold">
          Finish the audit
        </h2>
        {children}
        <p className="mt-4">
          <BackButton disabled={isBusy} onClick={back} />
        </p>
      </section>
    );
  return (
    <div className="grid gap-6 lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
      <section className="lg:sticky lg:top-4 lg:order-last lg:self-start">
        <h2 ref={heading} tabIndex={-1} className="mb-3 text-xl font-semibold tabular-nums">
          Claim {task.position} of {task.size}
        </h2>
        {task.texts.length > 1 ? (
          <p className="mb-2 text-sm text-muted">
            These statements count as one claim. It is true only if each of them is.
          </p>
        ) : null}
        <ul className="space-y-2 rounded-md border border-line bg-sheet px-4 py-4">
          {task.texts.map((text) => (
            <li key={text} className="break-words whitespace-pre-wrap">
              <bdi>{text}</bdi>
            </li>
          ))}
        </ul>
        <div className="mt-4 flex flex-wrap gap-3">
          {auditKeys.map(({ label: given, key, name }) => (
            <button
              key={given}
              type="button"
              className={task.label === given ? 'button' : 'button-quiet'}
              aria-pressed={task.label === given}
              aria-keyshortcuts={key}
              disabled={isBusy}
              onClick={() => say(given)}
            >
              <span className="first-letter:uppercase">{name}</span>
              <span className="font-mono text-sm" aria-hidden="true">
                {key}
              </span>
            </button>
          ))}
          <BackButton disabled={isBusy || before === 0} onClick={back} />
        </div>
        {refusal}
      </section>
      <section aria-labelledby="change" className="min-w-0">
        <h2 id="change" className="mb-3 text-xl font-semibold break-words">
          <bdi>{task.title}</bdi>
        </h2>
        <Diff text={task.diff} />
      </section>
    </div>
  );
};
