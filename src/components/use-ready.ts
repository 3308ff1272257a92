import { useEffect, useState } from 'react';

/** Whether the page's script runs. Before that a click does nothing, and a form that is sent loses what was typed. */
export const useReady = (): boolean => {
  const [ready, setReady] = useState(false);
  useEffect(() => setReady(true), []);
  return ready;
};
