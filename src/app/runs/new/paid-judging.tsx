'use client';

import { useState } from 'react';
import { DollarField } from '#components/dollar-field.tsx';
import { describedBy, FieldError, TextField } from '#components/field.tsx';
import { costText } from '#components/format.ts';
import { batchesOf, judgeOf } from '#contracts/judge-providers.ts';
import type { JudgeOption } from './judge-choice.tsx';
import type { FieldName } from './run-form-values.ts';

const shares = [
  { value: '', label: 'none' },
  { value: '0.1', label: '10 % of the replays' },
  { value: '0.25', label: '25 % of the replays' },
  { value: '1', label: 'all replays' },
];

/** Which limit applies if the run has none of its own. */
const withoutLimit = (dailyLimitUsd: number | null) =>
  dailyLimitUsd === null
    ? 'If empty, nothing limits the cost: this installation has no daily limit.'
    : `If empty, only the installation’s daily limit applies: ${costText(dailyLimitUsd)} for all runs together.`;

/**
 * What a paid judge may cost. While hidden it is disabled and so not sent, and what was typed is still there when a paid
 * judge is chosen again.
 */
export const PaidJudging = ({
  shown,
  judge,
  judges,
  errors,
}: {
  shown: boolean;
  judge: JudgeOption | undefined;
  judges: JudgeOption[];
  errors: Partial<Record<FieldName | '', string>>;
}) => {
  const [share, setShare] = useState('');
  const [again, setAgain] = useState<JudgeOption | undefined>();
  const others = judges.filter(({ provider, reason }) => reason === null && judgeOf(provider).model !== null);
  const batches = judge === undefined ? null : batchesOf(judge.provider);
  return (
    <fieldset hidden={!shown} disabled={!shown} className="space-y-5">
      <legend className="sr-only">The judge’s model, and what it may cost</legend>
      <TextField
        name="model"
        label="Model of the judge"
        optional
        hint="If empty, the model that is configured for this judge."
        placeholder={judge?.model ?? undefined}
        maxLength={200}
        error={errors.model}
      />
      <DollarField
        name="maxCostUsd"
        label="Cost limit"
        hint={`The run stops before a call that could exceed it. Scored replays are kept, and the run can be resumed with a higher limit. ${withoutLimit(judge?.dailyLimitUsd ?? null)}`}
        error={errors.maxCostUsd}
      />
      <div>
        <label htmlFor="agreementSample" className="font-medium">
          Agreement
        </label>
        <p id="agreementSample-hint" className="text-sm text-muted">
          Judges this share of the replays again, with three more calls each. The certificate then says how
          often the two verdicts agree.
        </p>
        <select
          id="agreementSample"
          name="agreementSample"
          className="input mt-1.5"
          value={share}
          onChange={(event) => setShare(event.target.value)}
          aria-invalid={errors.agreementSample !== undefined}
          aria-describedby={describedBy('agreementSample', true, errors.agreementSample)}
        >
          {shares.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
        <FieldError id="agreementSample" error={errors.agreementSample} />
      </div>
      <fieldset hidden={share === ''} disabled={share === ''} className="space-y-5">
        <div>
          <label htmlFor="agreementJudge" className="font-medium">
            Judge for agreement
          </label>
          <p id="agreementJudge-hint" className="text-sm text-muted">
            Two judges of different vendors share fewer mistakes than one that is asked twice.
          </p>
          <select
            id="agreementJudge"
            name="agreementJudge"
            className="input mt-1.5"
            value={again?.provider ?? ''}
            onChange={(event) => setAgain(others.find(({ provider }) => provider === event.target.value))}
            aria-invalid={errors.agreementJudge !== undefined}
            aria-describedby={describedBy('agreementJudge', true, errors.agreementJudge)}
          >
            <option value="">another provider if one is available, else the same judge</option>
            {others.map(({ provider }) => (
              <option key={provider} value={provider}>
                {judgeOf(provider).label}
              </option>
            ))}
          </select>
          <FieldError id="agreementJudge" error={errors.agreementJudge} />
        </div>
        <TextField
          name="agreementModel"
          label="Model for agreement"
          optional
          hint="If empty, the model that is configured for that judge. Without a judge for agreement it is one of the run’s own judge."
          placeholder={(again ?? judge)?.model ?? undefined}
          maxLength={200}
          error={errors.agreementModel}
        />
      </fieldset>
      <fieldset hidden={batches === null} disabled={batches === null}>
        <label className="flex gap-3">
          <input type="checkbox" name="economy" className="mt-1.5 size-4 accent-accent" />
          <span>
            <span className="block font-medium">Economy mode</span>
            <span className="block text-sm text-muted">
              Through {batches?.api}: {batches?.terms}. {batches?.advice}
            </span>
          </span>
        </label>
      </fieldset>
    </fieldset>
  );
};
