import { relations } from 'drizzle-orm';
import { answerKeys } from './answer-keys.ts';
import { verificationAuditLabels, verificationAudits } from './audits.ts';
import { callSlots, callWaits } from './call-slots.ts';
import { certificateDocuments, certificateEvidence, evidenceSets } from './certificate-documents.ts';
import { certificateDisputes, certificateRevocations } from './certificate-standing.ts';
import { verificationCertificates, verificationReplayScores } from './certificates.ts';
import { evidenceDays } from './evidence-days.ts';
import { groundTruthRecords, groundTruthSnapshots } from './ground-truths.ts';
import { inquiries } from './inquiries.ts';
import { judgeBatchItems } from './judge-batches.ts';
import { judgeSpend } from './judge-spend.ts';
import { logCheckpoints, logCosignatures, logEntries, logRegistrations } from './log.ts';
import { verificationReplays } from './replays.ts';
import { runSecrets, verificationRuns } from './runs.ts';
import { apiTokens, sessions, signInLinks, userIdentities, users } from './users.ts';

/**
 * What belongs to what, for queries that read rows with their children or parents. All in one file, because each side
 * names the other and tables are declared in files that do not import each other.
 */

export const usersRelations = relations(users, ({ many }) => ({
  identities: many(userIdentities),
  signInLinks: many(signInLinks),
  sessions: many(sessions),
  apiTokens: many(apiTokens),
  runs: many(verificationRuns),
  inquiries: many(inquiries),
  callSlots: many(callSlots),
  callWaits: many(callWaits),
  registrations: many(logRegistrations),
  evidenceDays: many(evidenceDays),
}));

export const evidenceDaysRelations = relations(evidenceDays, ({ one }) => ({
  user: one(users, { fields: [evidenceDays.userId], references: [users.id] }),
}));

export const userIdentitiesRelations = relations(userIdentities, ({ one, many }) => ({
  user: one(users, { fields: [userIdentities.userId], references: [users.id] }),
  sessions: many(sessions),
}));

export const sessionsRelations = relations(sessions, ({ one }) => ({
  user: one(users, { fields: [sessions.userId], references: [users.id] }),
  identity: one(userIdentities, { fields: [sessions.identityId], references: [userIdentities.id] }),
}));

export const inquiriesRelations = relations(inquiries, ({ one }) => ({
  user: one(users, { fields: [inquiries.userId], references: [users.id] }),
}));

export const signInLinksRelations = relations(signInLinks, ({ one }) => ({
  user: one(users, { fields: [signInLinks.userId], references: [users.id] }),
}));

export const apiTokensRelations = relations(apiTokens, ({ one }) => ({
  user: one(users, { fields: [apiTokens.userId], references: [users.id] }),
}));

export const callSlotsRelations = relations(callSlots, ({ one }) => ({
  user: one(users, { fields: [callSlots.userId], references: [users.id] }),
}));

export const callWaitsRelations = relations(callWaits, ({ one }) => ({
  user: one(users, { fields: [callWaits.userId], references: [users.id] }),
}));

export const verificationRunsRelations = relations(verificationRuns, ({ one, many }) => ({
  user: one(users, { fields: [verificationRuns.userId], references: [users.id] }),
  secrets: one(runSecrets),
  snapshot: one(groundTruthSnapshots, {
    fields: [verificationRuns.snapshotDigest],
    references: [groundTruthSnapshots.digest],
  }),
  certificate: one(verificationCertificates, {
    fields: [verificationRuns.certificateId],
    references: [verificationCertificates.id],
  }),
  continues: one(verificationRuns, {
    fields: [verificationRuns.continuesRunId],
    references: [verificationRuns.id],
    relationName: 'continuation',
  }),
  continuedBy: many(verificationRuns, { relationName: 'continuation' }),
  replays: many(verificationReplays),
  batchItems: many(judgeBatchItems),
  spend: many(judgeSpend),
  registration: one(logRegistrations, {
    fields: [verificationRuns.registrationId],
    references: [logRegistrations.id],
  }),
}));

export const certificateDocumentsRelations = relations(certificateDocuments, ({ one }) => ({
  certificate: one(verificationCertificates, {
    fields: [certificateDocuments.certificateId],
    references: [verificationCertificates.id],
  }),
}));

export const evidenceSetsRelations = relations(evidenceSets, ({ many }) => ({
  lines: many(certificateEvidence),
}));

export const certificateRevocationsRelations = relations(certificateRevocations, ({ one }) => ({
  certificate: one(verificationCertificates, {
    fields: [certificateRevocations.certificateId],
    references: [verificationCertificates.id],
  }),
}));

export const certificateDisputesRelations = relations(certificateDisputes, ({ one }) => ({
  certificate: one(verificationCertificates, {
    fields: [certificateDisputes.certificateId],
    references: [verificationCertificates.id],
  }),
}));

export const certificateEvidenceRelations = relations(certificateEvidence, ({ one }) => ({
  set: one(evidenceSets, {
    fields: [certificateEvidence.certificateId],
    references: [evidenceSets.certificateId],
  }),
}));

export const logCheckpointsRelations = relations(logCheckpoints, ({ many }) => ({
  cosignatures: many(logCosignatures),
}));

export const logCosignaturesRelations = relations(logCosignatures, ({ one }) => ({
  checkpoint: one(logCheckpoints, {
    fields: [logCosignatures.size],
    references: [logCheckpoints.size],
  }),
}));

export const logEntriesRelations = relations(logEntries, ({ many }) => ({
  registrations: many(logRegistrations),
}));

export const logRegistrationsRelations = relations(logRegistrations, ({ one, many }) => ({
  user: one(users, { fields: [logRegistrations.userId], references: [users.id] }),
  entry: one(logEntries, { fields: [logRegistrations.logIndex], references: [logEntries.index] }),
  certificate: one(verificationCertificates, {
    fields: [logRegistrations.certificateId],
    references: [verificationCertificates.id],
  }),
  runs: many(verificationRuns),
}));

export const runSecretsRelations = relations(runSecrets, ({ one }) => ({
  run: one(verificationRuns, { fields: [runSecrets.runId], references: [verificationRuns.id] }),
}));

export const verificationReplaysRelations = relations(verificationReplays, ({ one, many }) => ({
  run: one(verificationRuns, { fields: [verificationReplays.runId], references: [verificationRuns.id] }),
  groundTruth: one(groundTruthRecords, {
    fields: [verificationReplays.groundTruthDigest],
    references: [groundTruthRecords.digest],
  }),
  batchItems: many(judgeBatchItems),
}));

export const judgeBatchItemsRelations = relations(judgeBatchItems, ({ one }) => ({
  run: one(verificationRuns, { fields: [judgeBatchItems.runId], references: [verificationRuns.id] }),
  replay: one(verificationReplays, {
    fields: [judgeBatchItems.replayId],
    references: [verificationReplays.id],
  }),
  booking: one(judgeSpend, { fields: [judgeBatchItems.spendId], references: [judgeSpend.id] }),
}));

export const judgeSpendRelations = relations(judgeSpend, ({ one, many }) => ({
  run: one(verificationRuns, { fields: [judgeSpend.runId], references: [verificationRuns.id] }),
  batchItems: many(judgeBatchItems),
}));

export const groundTruthRecordsRelations = relations(groundTruthRecords, ({ many }) => ({
  replays: many(verificationReplays),
  answerKeys: many(answerKeys),
}));

export const groundTruthSnapshotsRelations = relations(groundTruthSnapshots, ({ many }) => ({
  runs: many(verificationRuns),
}));

export const answerKeysRelations = relations(answerKeys, ({ one }) => ({
  groundTruth: one(groundTruthRecords, {
    fields: [answerKeys.groundTruthDigest],
    references: [groundTruthRecords.digest],
  }),
}));

export const verificationCertificatesRelations = relations(verificationCertificates, ({ one, many }) => ({
  run: one(verificationRuns, {
    fields: [verificationCertificates.runId],
    references: [verificationRuns.id],
  }),
  replayScores: many(verificationReplayScores),
  document: one(certificateDocuments),
  audit: one(verificationAudits),
  revocation: one(certificateRevocations),
  disputes: many(certificateDisputes),
  registrations: many(logRegistrations),
}));

export const verificationAuditsRelations = relations(verificationAudits, ({ one, many }) => ({
  certificate: one(verificationCertificates, {
    fields: [verificationAudits.certificateId],
    references: [verificationCertificates.id],
  }),
  labels: many(verificationAuditLabels),
}));

export const verificationAuditLabelsRelations = relations(verificationAuditLabels, ({ one }) => ({
  audit: one(verificationAudits, {
    fields: [verificationAuditLabels.auditId],
    references: [verificationAudits.id],
  }),
}));

export const verificationReplayScoresRelations = relations(verificationReplayScores, ({ one }) => ({
  certificate: one(verificationCertificates, {
    fields: [verificationReplayScores.certificateId],
    references: [verificationCertificates.id],
  }),
}));
