import { describedBy, FieldError } from '#components/field.tsx';
import { type JudgeProvider, judgeOf } from '#contracts/judge-providers.ts';

export type JudgeOption = {
  provider: JudgeProvider;
  model: string | null;
  reason: string | null;
  dailyLimitUsd: number | null;
};

export const JudgeChoice = ({
  judges,
  chosen,
  onChoose,
  error,
}: {
  judges: JudgeOption[];
  chosen: JudgeOption | undefined;
  onChoose: (judge: JudgeOption) => void;
  error: string | undefined;
}) => (
  <fieldset id="judge" tabIndex={-1} aria-describedby={describedBy('judge', null, error)}>
    <legend className="font-medium">Judge</legend>
    <div className="mt-1.5 space-y-2">
      {judges.map((judge) => {
        const { provider, model, reason } = judge;
        const { label, remark } = judgeOf(provider);
        return (
          <label
            key={provider}
            className={`grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 rounded-md border border-line bg-sheet px-4 py-3 ${reason === null ? 'cursor-pointer' : ''}`}
          >
            <input
              type="radio"
              name="judge"
              value={provider}
              checked={provider === chosen?.provider}
              onChange={() => onChoose(judge)}
              disabled={reason !== null}
              aria-describedby={`judge-${provider}`}
              className="mt-1.5 size-4 accent-accent"
            />
            <span>
              <span className={reason === null ? 'font-medium' : 'font-medium text-muted'}>{label}</span>{' '}
              {model === null ? null : (
                <code className="font-mono text-sm break-all text-muted">{model}</code>
              )}
              <span id={`judge-${provider}`} className="block text-sm text-muted">
                {remark}
                {reason === null ? null : <span className="mt-1 block text-caution">{reason}</span>}
              </span>
            </span>
          </label>
        );
      })}
    </div>
    <FieldError id="judge" error={error} />
  </fieldset>
);
