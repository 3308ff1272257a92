'use client';

import { describedBy, FieldError } from '#components/field.tsx';
import type { HeaderRow } from './run-form-values.ts';

export type KeyedRow = HeaderRow & { key: number };

/** Any number of name and value pairs. Values are secrets, so they are masked. */
export const HeaderRows = ({
  rows,
  error,
  onChange,
}: {
  rows: KeyedRow[];
  error: string | undefined;
  onChange: (rows: KeyedRow[]) => void;
}) => {
  const set = (key: number, change: Partial<HeaderRow>) =>
    onChange(rows.map((row) => (row.key === key ? { ...row, ...change } : row)));
  return (
    <fieldset id="oracleHeaders" tabIndex={-1} aria-describedby={describedBy('oracleHeaders', true, error)}>
      <legend className="font-medium">
        Headers <span className="font-normal text-muted">(optional)</span>
      </legend>
      <p id="oracleHeaders-hint" className="text-sm text-muted">
        Sent with every request to the oracle, for example Authorization. Encrypted while the run works,
        erased when it ends.
      </p>
      <div className="mt-1.5 space-y-2">
        {rows.map((row, index) => (
          <div
            key={row.key}
            className="grid grid-cols-[minmax(0,1fr)_auto] gap-2 sm:grid-cols-[minmax(0,2fr)_minmax(0,3fr)_auto]"
          >
            <input
              className="input col-span-2 sm:col-span-1"
              aria-label={`Name of header ${index + 1}`}
              aria-invalid={error !== undefined}
              aria-describedby={describedBy('oracleHeaders', null, error)}
              placeholder="Authorization"
              value={row.name}
              onChange={(event) => set(row.key, { name: event.target.value })}
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              maxLength={200}
            />
            <input
              className="input"
              type="password"
              aria-label={`Value of header ${index + 1}`}
              aria-invalid={error !== undefined}
              aria-describedby={describedBy('oracleHeaders', null, error)}
              value={row.value}
              onChange={(event) => set(row.key, { value: event.target.value })}
              autoComplete="new-password"
              maxLength={4000}
            />
            <button
              type="button"
              className="button-quiet px-3"
              aria-label={`Remove header ${index + 1}`}
              onClick={() => onChange(rows.filter(({ key }) => key !== row.key))}
            >
              Remove
            </button>
          </div>
        ))}
        <button
          type="button"
          className="button-quiet"
          onClick={() =>
            onChange([...rows, { key: Math.max(0, ...rows.map(({ key }) => key)) + 1, name: '', value: '' }])
          }
        >
          Add a header
        </button>
      </div>
      <FieldError id="oracleHeaders" error={error} />
    </fieldset>
  );
};
