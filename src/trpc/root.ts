import { auditRouter } from './routers/audit.ts';
import { authRouter } from './routers/auth.ts';
import { certificateRouter } from './routers/certificate.ts';
import { constructRouter } from './routers/construct.ts';
import { disputeRouter } from './routers/dispute.ts';
import { createCallerFactory, router } from './routers/init.ts';
import { judgeRouter } from './routers/judge.ts';
import { runRouter } from './routers/run.ts';
import { sessionRouter } from './routers/session.ts';
import { tokenRouter } from './routers/token.ts';

export const appRouter = router({
  audit: auditRouter,
  auth: authRouter,
  certificate: certificateRouter,
  construct: constructRouter,
  dispute: disputeRouter,
  judge: judgeRouter,
  run: runRouter,
  session: sessionRouter,
  token: tokenRouter,
});
export type AppRouter = typeof appRouter;

/** Calls procedures in this process, for server-rendered pages and for tests. */
export const createCaller = createCallerFactory(appRouter);
