import type { ReactNode } from 'react';

/** The ids that tie a control to its hint and error, for `aria-describedby`. */
export const describedBy = (id: string, hint: unknown, error: string | undefined) =>
  [hint ? `${id}-hint` : '', error === undefined ? '' : `${id}-error`].filter(Boolean).join(' ') || undefined;

export const FieldError = ({ id, error }: { id: string; error: string | undefined }) =>
  error === undefined ? null : (
    <p id={`${id}-error`} className="mt-1 text-sm font-medium text-danger">
      {error}
    </p>
  );

type Props = {
  name: string;
  label: string;
  hint?: ReactNode;
  error: string | undefined;
  optional?: boolean;
  type?: 'text' | 'url' | 'date' | 'password';
  numeric?: boolean;
  defaultValue?: string;
  placeholder?: string;
  maxLength?: number;
};

/** A one-line text field with its label. The control itself holds the text, so re-rendering cannot lose it. */
export const TextField = ({
  name,
  label,
  hint,
  error,
  optional = false,
  type = 'text',
  numeric,
  ...rest
}: Props) => (
  <div>
    <label htmlFor={name} className="font-medium">
      {label}
      {optional ? <span className="font-normal text-muted"> (optional)</span> : null}
    </label>
    {hint === undefined ? null : (
      <p id={`${name}-hint`} className="text-sm text-muted">
        {hint}
      </p>
    )}
    <input
      {...rest}
      id={name}
      name={name}
      type={type}
      inputMode={numeric ? 'numeric' : undefined}
      className="input mt-1.5"
      aria-required={!optional}
      aria-invalid={error !== undefined}
      aria-describedby={describedBy(name, hint, error)}
      autoComplete={type === 'password' ? 'new-password' : 'off'}
      autoCapitalize="none"
      spellCheck={false}
    />
    <FieldError id={name} error={error} />
  </div>
);
