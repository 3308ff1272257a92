export { beginExam, endExam, listExams } from './exams.ts';
export { judgeRules } from './rules.ts';
