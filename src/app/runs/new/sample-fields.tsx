import { TextField } from '#components/field.tsx';
import type { FieldName } from './run-form-values.ts';

/** Which changes are drawn and how the oracle sees them. Few need these choices, so they are collapsed. */
export const SampleFields = ({ errors }: { errors: Partial<Record<FieldName | '', string>> }) => (
  <details
    className="rounded-md border border-line px-4 py-3"
    open={
      [errors.since, errors.label, errors.modelCutoff, errors.seed].some((error) => error !== undefined) ||
      undefined
    }
  >
    <summary className="cursor-pointer font-medium">Narrow or fix the sample</summary>
    <div className="mt-4 space-y-5">
      <TextField
        name="since"
        label="Merged since"
        optional
        type="date"
        hint="In UTC. Older pull requests are left out."
        error={errors.since}
      />
      <TextField
        name="label"
        label="With the label"
        optional
        hint="Only pull requests with this label."
        maxLength={100}
        error={errors.label}
      />
      <TextField
        name="modelCutoff"
        label="The oracle’s model was trained up to"
        optional
        type="date"
        hint="The certificate then also shows the scores before and after this day apart."
        error={errors.modelCutoff}
      />
      <TextField
        name="seed"
        label="Seed"
        optional
        hint="The same seed over the same pull requests draws the same sample. If empty, the seed is random."
        maxLength={100}
        error={errors.seed}
      />
      <label className="flex gap-3">
        <input type="checkbox" name="blinded" className="mt-1.5 size-4 accent-accent" />
        <span>
          <span className="block font-medium">Blind the oracle</span>
          <span className="block text-sm text-muted">
            It does not see repository, number, author, hashes or links, and ids are random.
          </span>
        </span>
      </label>
    </div>
  </details>
);
