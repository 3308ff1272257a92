import { randomUUID } from 'node:crypto';
import { HDNodeWallet } from 'ethers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuthContext } from '#auth/context.ts';
import { createHandlers } from '#jobs/index.ts';
import { openSender } from '#queue/pg-boss.ts';
import * as restAccount from '#rest/account.ts';
import type { RestContext } from '#rest/answer.ts';
import * as restCertificateFiles from '#rest/certificate-files.ts';
import * as restCertificates from '#rest/certificates.ts';
import { getReady } from '#rest/health.ts';
import * as restLog from '#rest/log.ts';
import * as restRuns from '#rest/runs.ts';
import * as account from '#services/account/index.ts';
import { type Actor, readiness } from '#services/ground/index.ts';
import { createRun } from '#services/run/index.ts';
import { testDatabase } from '#testing/rigs/database.ts';
import { openRig, runRequest } from '#testing/rigs/engine-rig.ts';
import { fullToken } from '#testing/rigs/full-token.ts';
import { accountOf, authOf } from '#testing/rigs/open-to-all.ts';
import { bearer, get, runBody } from '#testing/rigs/rest-rig.ts';
import { appRouter, createCaller } from '#trpc/root.ts';

/**
 * Every verb of every door, and every job, with a pool of one connection: what needs a second one waits for itself, and
 * fails after this bound.
 */
const pool = { max: 1, waitMs: 3_000 };

let rig: Awaited<ReturnType<typeof openRig>>;
let auth: AuthContext;
let actor: Actor;
beforeAll(async () => {
  rig = await openRig({}, pool);
  auth = authOf(rig.context);
  actor = await rig.user();
});
afterAll(() => rig.close());

const createdRun = async () => (await createRun(rig.context, actor, runRequest())).runId;
const cancelledRun = async () => {
  const runId = await createdRun();
  const { handlers } = createHandlers(rig.context);
  await handlers['ingest-run']({ runId }, new AbortController().signal);
  await as().run.cancel({ id: runId });
  return runId;
};
const completedRun = async () => {
  const runId = await createdRun();
  await rig.pump();
  return runId;
};
const auditedRun = async () => {
  const id = await completedRun();
  await as().audit.begin({ id });
  return id;
};
const labelledRun = async () => {
  const id = await auditedRun();
  const { size } = await as().audit.progress({ id });
  for (let position = 1; position <= size; position += 1)
    await as().audit.label({ id, position, label: 'true' });
  return id;
};
const as = () => createCaller({ services: rig.context, auth, actor, address: null });
/** A dispute of a certificate, and the installation's owner, who opened it. */
const disputed = async () => {
  const local = await account.localOwner(rig.context);
  const owner = createCaller({ services: rig.context, auth, actor: local, address: null });
  const certificateId = await certificateOf(await completedRun());
  const { standing, disputes } = await owner.dispute.open({ id: certificateId, text: 'Words.' });
  return { local, owner, standing, id: disputes[0]?.id ?? '', certificateId };
};
const certificateOf = async (runId: string) => (await as().run.byId({ id: runId })).certificateId ?? '';

/** The rig's first user is github:1. */
const openedSession = async () =>
  account.openSession(
    rig.context,
    await accountOf(rig.context, { provider: 'github', subject: '1' }),
    'bearer',
  );
/** A caller whose credential is a session, as making tokens requires. */
const signedIn = async () => {
  const found = await account.resolveSecret(auth, (await openedSession()).secret, 'bearer');
  return createCaller({ services: rig.context, auth, actor: found, address: null });
};
const sessionId = async () => {
  await openedSession();
  const { sessions } = await as().session.list();
  return sessions[0]?.id ?? '';
};
const tokenId = async () =>
  (await account.createApiToken(rig.context, { userId: actor.userId, name: 'test' })).id;

const walletMessage = async () => {
  const wallet = HDNodeWallet.createRandom();
  const { message } = await as().auth.walletMessage({ address: wallet.address, chainId: 1 });
  return { message, signature: await wallet.signMessage(message) };
};

const procedures: Record<string, () => Promise<unknown>> = {
  'audit.begin': auditedRun,
  'audit.progress': async () => as().audit.progress({ id: await auditedRun() }),
  'audit.task': async () => as().audit.task({ id: await auditedRun() }),
  'audit.label': labelledRun,
  'audit.finish': async () => as().audit.finish({ id: await labelledRun() }),
  'auth.me': () => as().auth.me(),
  'auth.nonce': () => as().auth.nonce(),
  'auth.walletMessage': walletMessage,
  'auth.walletSignIn': async () => as().auth.walletSignIn(await walletMessage()),
  'certificate.byId': async () => as().certificate.byId({ id: await certificateOf(await completedRun()) }),
  'certificate.audit': async () => as().certificate.audit({ id: await certificateOf(await auditedRun()) }),
  'certificate.list': () => as().certificate.list(),
  'certificate.options': async () =>
    as().certificate.options({ id: await certificateOf(await completedRun()) }),
  'certificate.revoke': async () =>
    as().certificate.revoke({ id: await certificateOf(await completedRun()), reason: 'issued_in_error' }),
  'certificate.standing': async () =>
    as().certificate.standing({ id: await certificateOf(await completedRun()) }),
  'construct.byName': async () => {
    await completedRun();
    return as().construct.byName({ name: 'construct' });
  },
  'dispute.open': async () => (await disputed()).standing,
  'dispute.close': async () => {
    const { owner, id } = await disputed();
    return owner.dispute.close({ id });
  },
  'dispute.removeText': async () => {
    const { owner, id } = await disputed();
    return owner.dispute.removeText({ id });
  },
  'judge.rules': () => as().judge.rules(),
  'judge.exams': () => as().judge.exams(),
  'run.create': () => as().run.create(runRequest()),
  'run.createSample': () => as().run.createSample(),
  'run.tryOracle': () => {
    const { constructId: _, limit: __, minReplays: ___, ...request } = runRequest();
    return rig.answering(as().run.tryOracle(request));
  },
  'run.cancel': cancelledRun,
  'run.resume': async () => as().run.resume({ id: await cancelledRun() }),
  'run.retry': async () => as().run.retry({ id: await cancelledRun() }),
  'run.estimate': () =>
    rig.answering(as().run.estimate({ repoUrl: 'owner/name', judge: 'offline', limit: 3 })),
  'run.byId': async () => as().run.byId({ id: await createdRun() }),
  'run.changes': async () => {
    const changes = await as().run.changes({ id: await createdRun() });
    for await (const run of changes) return run;
  },
  'run.list': () => as().run.list(),
  'run.options': () => as().run.options(),
  'session.list': () => as().session.list(),
  'session.end': async () => as().session.end({ id: await sessionId() }),
  'session.endAll': () => as().session.endAll(),
  'token.create': async () => (await signedIn()).token.create({ name: 'test' }),
  'token.list': () => as().token.list(),
  'token.revoke': async () => as().token.revoke({ id: await tokenId() }),
};

test('every procedure of tRPC works on a pool of one connection', async () => {
  expect(Object.keys(procedures).toSorted()).toEqual(Object.keys(appRouter._def.procedures).toSorted());
  for (const [name, call] of Object.entries(procedures)) await expect(call(), name).resolves.toBeDefined();
});

test('every endpoint of REST works on a pool of one connection', async () => {
  const context: RestContext = { services: rig.context, auth };
  const token = await fullToken(rig.context, actor);
  const read = get('', bearer(token));
  const post = (body: unknown, headers = bearer(token)) =>
    new Request('http://127.0.0.1:3000/api/v1/verification/runs', {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
  const endpoints: Record<string, () => Promise<Response>> = {
    getCertificates: () => restCertificates.getCertificates(context, read),
    getCertificateById: async () =>
      restCertificates.getCertificateById(context, read, await certificateOf(await completedRun())),
    getCertificateAudit: async () =>
      restCertificates.getCertificateAudit(context, read, await certificateOf(await auditedRun())),
    getConstruct: async () => {
      await completedRun();
      return restCertificates.getConstruct(context, read, 'construct');
    },
    postRevocation: async () =>
      restCertificates.postRevocation(
        context,
        post({ reason: 'issued_in_error' }),
        await certificateOf(await completedRun()),
      ),
    postDispute: async () => {
      const { local, id, owner, certificateId } = await disputed();
      await owner.dispute.close({ id });
      const by = bearer(await fullToken(rig.context, local));
      return restCertificates.postDispute(context, post({ text: 'Words.' }, by), certificateId);
    },
    postDisputeClose: async () => {
      const { local, id } = await disputed();
      const by = bearer(await fullToken(rig.context, local));
      return restCertificates.postDisputeClose(context, post({}, by), id);
    },
    getDisputeText: async () => restCertificates.getDisputeText(context, read, (await disputed()).id),
    deleteDisputeText: async () => {
      const { local, id } = await disputed();
      const by = bearer(await fullToken(rig.context, local));
      return restCertificates.deleteDisputeText(context, get('', by), id);
    },
    getCertificateFile: async () =>
      restCertificateFiles.getCertificateFile(context, read, await certificateOf(await completedRun()), [
        'bundle',
      ]),
    getCertificateKeys: () => restCertificateFiles.getCertificateKeys(context, read),
    getLogCheckpoint: () => restLog.getLogCheckpoint(context, read),
    getLogKeys: () => restLog.getLogKeys(context, read),
    getLogTile: () => restLog.getLogTile(context, read, '0/000.p/1'),
    postRun: () => restRuns.postRun(context, post(runBody)),
    postToken: async () =>
      restAccount.postToken(
        context,
        new Request('http://127.0.0.1:3000/api/v1/verification/tokens', {
          method: 'POST',
          headers: bearer((await openedSession()).secret),
          body: JSON.stringify({ name: 'test' }),
        }),
      ),
    getTokens: () => restAccount.getTokens(context, read),
    deleteToken: async () => restAccount.deleteToken(context, read, await tokenId()),
    getSessions: () => restAccount.getSessions(context, read),
    deleteSession: async () => restAccount.deleteSession(context, read, await sessionId()),
    deleteSessions: () => restAccount.deleteSessions(context, read),
    getRuns: () => restRuns.getRuns(context, read),
    getRunById: async () => restRuns.getRunById(context, read, await createdRun()),
    postRunCancel: async () => restRuns.postRunCancel(context, post({}), await createdRun()),
    postRunResume: async () => restRuns.postRunResume(context, post({}), await cancelledRun()),
    postRunRetry: async () => restRuns.postRunRetry(context, post({}), await cancelledRun()),
  };
  expect(Object.keys(endpoints).toSorted()).toEqual(
    [restRuns, restCertificates, restCertificateFiles, restAccount, restLog]
      .flatMap((door) => Object.keys(door))
      .toSorted(),
  );
  for (const [name, ask] of Object.entries(endpoints)) expect((await ask()).status, name).toBeLessThan(300);
  const ready = await getReady({ ready: () => readiness(rig.database, []) });
  expect(ready.status).toBe(200);
});

test('every job, dead letter and periodic task of a worker works on a pool of one connection', async () => {
  const { handlers, deadLetter, periodic } = createHandlers(rig.context);
  const runId = await createdRun();
  // A whole run is all of its jobs.
  await rig.pump();
  expect(await as().run.byId({ id: runId })).toMatchObject({ status: 'COMPLETED' });
  const ids = {
    runId: await createdRun(),
    replayId: randomUUID(),
    inquiryId: randomUUID(),
    subject: randomUUID(),
  };
  for (const name of Object.keys(handlers) as (keyof typeof handlers)[])
    await deadLetter({ name, data: ids } as Parameters<typeof deadLetter>[0]);
  for (const [task, work] of Object.entries(periodic)) await expect(work(), task).resolves.toBeUndefined();
  expect(rig.logged.filter(({ message }) => message === 'An unexpected fault')).toEqual([]);
});

const verbsOfAccount: Record<string, () => Promise<unknown>> = {
  createSignInLink: () => account.createSignInLink(rig.context),
  consumeSignInLink: async () =>
    account.consumeSignInLink(rig.context, (await account.createSignInLink(rig.context)).token),
  localOwner: () => account.localOwner(rig.context),
  userOfIdentity: () =>
    account.userOfIdentity({ ...auth, address: null }, { provider: 'github', subject: '1' }, 'Ada'),
  resolveSecret: async () =>
    account.resolveSecret(
      auth,
      (await account.createApiToken(rig.context, { userId: actor.userId, name: 'test' })).token,
      'bearer',
    ),
};

test('signing in works on a pool of one connection', async () => {
  for (const [name, verb] of Object.entries(verbsOfAccount))
    await expect(verb(), name).resolves.toBeDefined();
});

test.each([1, 10])(
  'ten first runs at once are accepted by a process that just started, with %i connections',
  async (max) => {
    const { db, close } = await testDatabase({ pool: { ...pool, max } });
    const { sender, close: closeSender } = openSender(db);
    const context = { ...rig.context, db, sender };
    try {
      const owner = await account.localOwner(context);
      const created = await Promise.all(
        Array.from({ length: 10 }, () => createRun(context, owner, runRequest())),
      );
      expect(created.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 'PENDING'));
      const jobs = await db.execute(`select 1 from pgboss.job where name = 'ingest-run'`);
      expect(jobs).toHaveLength(10);
    } finally {
      await closeSender();
      await close();
    }
  },
);

test('a sender whose first transaction fails starts again with the next', async () => {
  const { db, close } = await testDatabase({ pool });
  const { sender, close: closeSender } = openSender(db);
  const job = { name: 'ingest-run' as const, data: { runId: randomUUID() } };
  await expect(
    db.transaction(async (transaction) => {
      await transaction.execute('select 1 / 0').catch(() => {});
      await sender.enqueue(transaction, [job]);
    }),
  ).rejects.toThrow();
  await db.transaction((transaction) => sender.enqueue(transaction, [job]));
  expect(await db.execute(`select 1 from pgboss.job where name = 'ingest-run'`)).toHaveLength(1);
  await closeSender();
  await close();
});
