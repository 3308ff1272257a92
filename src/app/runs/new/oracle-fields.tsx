'use client';

import { describedBy, FieldError, TextField } from '#components/field.tsx';
import type { OracleType } from '#contracts/oracle.ts';
import { HeaderRows, type KeyedRow } from './header-rows.tsx';
import type { FieldName } from './run-form-values.ts';

const types: { type: OracleType; name: string; address: { hint: string; placeholder: string } }[] = [
  {
    type: 'http',
    name: 'An HTTP service that answers the contract',
    address: {
      hint: 'Each pull request is posted there as JSON, with one question.',
      placeholder: 'https://oracle.example.com/verify',
    },
  },
  {
    type: 'mcp',
    name: 'A tool of an MCP server',
    address: {
      hint: 'The server’s Streamable HTTP address; the tool is called once for each pull request.',
      placeholder: 'https://oracle.example.com/mcp',
    },
  },
  {
    type: 'chat',
    name: 'A model behind a chat-completions endpoint',
    address: {
      hint: 'The whole address of an OpenAI-compatible endpoint; the model is asked for the contract’s JSON.',
      placeholder: 'https://oracle.example.com/v1/chat/completions',
    },
  },
  { type: 'python', name: 'A Python callable on this installation', address: { hint: '', placeholder: '' } },
];

/** How the oracle is reached: its type, and the controls that this type needs. */
export const OracleFields = ({
  type,
  onType,
  pythonReason,
  headers,
  onHeaders,
  errors,
}: {
  type: OracleType;
  onType: (type: OracleType) => void;
  pythonReason: string | null;
  headers: KeyedRow[];
  onHeaders: (rows: KeyedRow[]) => void;
  errors: Partial<Record<FieldName | '', string>>;
}) => {
  const chosen = types.find((candidate) => candidate.type === type);
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
          aria-describedby={describedBy('oracleType', pythonReason, errors.oracleType)}
        >
          {types.map((option) => (
            <option
              key={option.type}
              value={option.type}
              disabled={option.type === 'python' && pythonReason !== null}
            >
              {option.name}
            </option>
          ))}
        </select>
        {pythonReason === null ? null : (
          <p id="oracleType-hint" className="mt-1 text-sm text-muted">
            {pythonReason}
          </p>
        )}
        <FieldError id="oracleType" error={errors.oracleType} />
      </div>
      {type === 'python' ? (
        <div className="grid gap-5 sm:grid-cols-2">
          <TextField
            name="oracleModule"
            label="Module"
            hint="Below PYTHON_ORACLE_DIR"
            placeholder="my_oracle"
            maxLength={500}
            error={errors.oracleModule}
          />
          <TextField
            name="oracleCallable"
            label="Callable"
            hint="Plain or async; takes one dict"
            placeholder="answer"
            maxLength={500}
            error={errors.oracleCallable}
          />
        </div>
      ) : (
        <>
          <TextField
            name="oracleUrl"
            label="Address"
            type="url"
            hint={chosen?.address.hint}
            placeholder={chosen?.address.placeholder}
            maxLength={2000}
            error={errors.oracleUrl}
          />
          {type === 'mcp' ? (
            <TextField
              name="oracleTool"
              label="Tool"
              hint="Its name as the server lists it."
              placeholder="describe_change"
              maxLength={200}
              error={errors.oracleTool}
            />
          ) : null}
          {type === 'chat' ? (
            <TextField
              name="oracleModel"
              label="Model"
              hint="As the endpoint names it."
              maxLength={200}
              error={errors.oracleModel}
            />
          ) : null}
          <HeaderRows rows={headers} error={errors.oracleHeaders} onChange={onHeaders} />
        </>
      )}
    </>
  );
};
