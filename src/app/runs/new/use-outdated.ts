'use client';

import { useEffect, useState } from 'react';
import type { FormReading } from '../form-issues.ts';

/**
 * Whether the form holds something else by now than the request `asked` that an answer was found for. `read` reads it
 * as it stands, and is called after every rendering: what a choice shows or disables is in the form only then.
 */
export const useOutdated = <T>(asked: T | undefined, read: () => FormReading<T> | null): boolean => {
  const [outdated, setOutdated] = useState(false);
  useEffect(() => {
    const reading = asked === undefined ? null : read();
    setOutdated(
      reading !== null &&
        !('request' in reading && JSON.stringify(reading.request) === JSON.stringify(asked)),
    );
  });
  return outdated;
};
