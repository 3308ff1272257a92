import type { ReactNode } from 'react';
import { describedBy, FieldError } from './field.tsx';

/** An optional amount of US dollars. On a phone its keypad has a decimal point. */
export const DollarField = ({
  name,
  label,
  hint,
  error,
}: {
  name: string;
  label: string;
  hint: ReactNode;
  error: string | undefined;
}) => (
  <div>
    <label htmlFor={name} className="font-medium">
      {label} <span className="font-normal text-muted">(in US dollars, optional)</span>
    </label>
    <p id={`${name}-hint`} className="text-sm text-muted">
      {hint}
    </p>
    <input
      id={name}
      name={name}
      type="text"
      inputMode="decimal"
      className="input mt-1.5 sm:max-w-40"
      maxLength={12}
      aria-invalid={error !== undefined}
      aria-describedby={describedBy(name, hint, error)}
      autoComplete="off"
    />
    <FieldError id={name} error={error} />
  </div>
);
