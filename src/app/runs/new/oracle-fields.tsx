'use client';

import { describedBy, FieldError, TextField } from '#components/field.tsx';
import { type OracleType, oracleTypes, ownFieldsOf } from '#contracts/oracle-types.ts';
import { HeaderRows, type KeyedRow } from './header-rows.tsx';
import type { FieldName } from './run-form-values.ts';

/** How the oracle is reached: its type, and that type's controls. */
export const OracleFields = ({
  type,
  onType,
  types,
  headers,
  onHeaders,
  errors,
}: {
  type: OracleType;
  onType: (type: OracleType) => void;
  /** `reason` says why this installation cannot use oracles of the type. Null: it can. */
  types: { type: OracleType; reason: string | null }[];
  headers: KeyedRow[];
  onHeaders: (rows: KeyedRow[]) => void;
  errors: Partial<Record<FieldName | '', string>>;
}) => {
  const { address } = oracleTypes[type];
  const own = ownFieldsOf(type);
  const reasons = types.flatMap(({ reason }) => (reason === null ? [] : [reason])).join(' ');
  return (
    <>
      <div>
        <label htmlFor="oracleType" className="font-medium">
          Type
        </label>
        <select
          id="oracleType"
          name="oracleType"
          className="input mt-1.5"
          value={type}
          onChange={(event) => {
            const next = types.find((candidate) => candidate.type === event.target.value);
            if (next !== undefined) onType(next.type);
          }}
          aria-invalid={errors.oracleType !== undefined}
          aria-describedby={describedBy('oracleType', reasons, errors.oracleType)}
        >
          {types.map((option) => (
            <option key={option.type} value={option.type} disabled={option.reason !== null}>
              {oracleTypes[option.type].label}
            </option>
          ))}
        </select>
        {reasons === '' ? null : (
          <p id="oracleType-hint" className="mt-1 text-sm text-muted">
            {reasons}
          </p>
        )}
        <FieldError id="oracleType" error={errors.oracleType} />
      </div>
      {address === null ? null : (
        <TextField
          name="oracleUrl"
          label="Address"
          type="url"
          hint={address.hint}
          placeholder={address.placeholder}
          maxLength={2000}
          error={errors.oracleUrl}
        />
      )}
      {own.length === 0 ? null : (
        <div className={own.length === 1 ? undefined : 'grid gap-5 sm:grid-cols-2'}>
          {own.map(({ requestName, schema, label, hint, placeholder }) => (
            <TextField
              key={requestName}
              name={requestName}
              label={label}
              hint={hint}
              placeholder={placeholder}
              maxLength={schema.maxLength ?? undefined}
              error={errors[requestName]}
            />
          ))}
        </div>
      )}
      {address === null ? null : (
        <HeaderRows rows={headers} error={errors.oracleHeaders} onChange={onHeaders} />
      )}
    </>
  );
};
