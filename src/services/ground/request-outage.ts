import { AsyncLocalStorage } from 'node:async_hooks';

/** What the web process's own entry learns of a request that Next answers: whether the database was away for it. */
type Heard = { outage: boolean };

// On globalThis, because the entry and Next's build each load this module.
const held = globalThis as typeof globalThis & { echelonRequests?: AsyncLocalStorage<Heard> };
held.echelonRequests ??= new AsyncLocalStorage();
const requests = held.echelonRequests;

/** Runs `work`, in which an outage of the database sets `heard.outage`. */
export const hearingOutage = <T>(heard: Heard, work: () => T): T => requests.run(heard, work);

/** Whether this runs within a request for which the database was away. Who found that out has reported it. */
export const hasHeardOutage = (): boolean => requests.getStore()?.outage === true;

export const tellOutage = (): void => {
  const heard = requests.getStore();
  if (heard !== undefined) heard.outage = true;
};
