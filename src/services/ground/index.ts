export type { Actor, InstallationPolicy, Log, ServiceContext, WorkerContext } from './context.ts';
export { Fault, reportFault } from './fault.ts';
export { prepareDatabase, rollBackDatabase } from './prepare-database.ts';
export { type Readiness, readiness } from './readiness.ts';
